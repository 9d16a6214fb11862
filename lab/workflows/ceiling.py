"""What the load generator itself can do: measured once against a page that costs nothing, and kept for this machine."""

from __future__ import annotations

from typing import Any, Final

from lab.errors import LabError
from lab.model.gates import MAX_GENERATOR_RATIO
from lab.model.state import RunningLab
from lab.workflows.context import Context

# HAProxy answers this one itself, on the port that only the lab's networks reach (haproxy/haproxy.cfg.tmpl).
TARGET: Final = "http://balancer:8404"
USERS: Final = 16
WARMUP_S: Final = 0.5
DURATION_S: Final = 2.0
_SCENARIO: Final = """
from labload import LabUser, action


class Nobody(LabUser):
    @action("null")
    def load(self):
        self.fetch("/null", name="null", contains="null")
"""


def ensure_ceiling(ctx: Context, lab: RunningLab) -> None:
    """Measure the generator's ceiling (about 5 s), unless it is known or the lab has no balancer.

    Ceiling = 70 % of a core / CPU seconds of the generator per request. It is CPU that is measured and not the rate
    that was reached: the page's server shares the cores.
    """
    balancer = lab.container("balancer")
    if balancer is None or ctx.surroundings.ceiling_rps() is not None:
        return
    try:
        with (
            ctx.reporter.step("the load generator's own ceiling", expected_s=5),
            ctx.probe.run(ctx.lab, _job()) as events,
        ):
            result = next((event for event in events if event["event"] == "result"), None)
    except LabError:
        return  # it is a figure beside the others: without it nothing is wrong
    ceiling_rps = _ceiling_rps(result) if result else None
    if ceiling_rps is not None:
        ctx.surroundings.keep_ceiling(ceiling_rps)


def _ceiling_rps(result: dict[str, Any]) -> float | None:
    cpu_ratio = float(result["generator"]["cpu_ratio"])
    if result["failures"] or not result["requests"] or cpu_ratio <= 0:
        return None
    return round(MAX_GENERATOR_RATIO * float(result["throughput_rps"]) / cpu_ratio, 1)


def _job() -> dict[str, Any]:
    return {
        "schema": "probe.job/1",
        "target": TARGET,
        "seed": 1,
        "scenario": {"name": "null", "locustfile": _SCENARIO, "modules": {}, "settings": {"mix": {"null": 1.0}}},
        "load": {"users": USERS, "ramp_s": 0.0, "warmup_s": WARMUP_S, "duration_s": DURATION_S, "think_s": 0},
        "watch": {},
        "data": {"users": 1, "photos": 1},
        "verify": False,
    }  # fmt: skip
