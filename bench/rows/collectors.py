"""What watching costs: CPU of all collectors, and whether throughput differs without them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import fields, replace
from typing import Any

from bench.figures import Figure, ratio
from bench.labs import OURS, lab, removed_afterwards
from lab.cli.bench import DEFAULT_SEED, load_from
from lab.cli.state import GLOBALS
from lab.cli.wiring import context
from lab.model.measurement import Measurement
from lab.ports import Probe
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.measure import measure as measure_window

SCENARIO = "read-heavy"


class _Unwatched:
    """The probe, which looks at no tier."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def remove_orphans(self, name: str) -> None:
        self._probe.remove_orphans(name)

    def run(self, name: str, job: Mapping[str, Any]) -> AbstractContextManager[Iterator[dict[str, Any]]]:
        return self._probe.run(name, {**job, "watch": {}})


def unwatched(ctx: Context) -> Context:
    """Return the same surroundings with a probe that looks at no tier."""
    return Context(
        **{
            **{field.name: getattr(ctx, field.name) for field in fields(Context)},
            "probe": _Unwatched(ctx.probe),
        }
    )


def measure(rounds: int) -> list[Figure]:
    """Return the collectors' CPU in percent of a core, and throughput with them / without them, speed-normalised."""
    GLOBALS.is_quiet = True
    cpu, watched, unwatched = [], [], []
    with removed_afterwards(f"{OURS}-collectors") as name:
        lab(name, "up")
        ctx = context(name)
        for number in range(rounds):
            for is_watched in random.Random(number).sample([True, False], 2):  # noqa: S311 - repeatable order
                window = _window(ctx, is_watched=is_watched, seed=number)
                (watched if is_watched else unwatched).append(window.throughput_rps * (window.work_ms or 0.0))
                if is_watched:
                    cpu.append(100 * (window.collectors_cpu_ratio or 0.0))
    labels = ("watched, req/s x unit ms", "not watched, req/s x unit ms")
    what = "throughput with collectors / without"
    return [
        Figure(name="collectors-cpu", what="CPU of all collectors, of a core", unit="%", values=cpu, reach=2.0),
        ratio("collectors-effect", what, ours=watched, theirs=unwatched, reach=0.99, at_least=True, labels=labels),
    ]  # fmt: skip


def _window(ctx: Context, *, is_watched: bool, seed: int) -> Measurement:
    running = need_running_lab(ctx)
    if running.topology is None:
        raise RuntimeError("collectors: the lab that was just started cannot be read")
    scenario = ctx.scenarios.load(SCENARIO)
    load = replace(load_from(scenario, None, None, str(DEFAULT_SEED)), seed=seed)
    chosen = ctx if is_watched else unwatched(ctx)
    found, _ = measure_window(chosen, running, running.topology, scenario, load, block=1)
    serious = [p for p in found.problems if is_watched or not p.startswith(("replicas", "balancer"))]
    if found.failures or not found.requests:
        raise RuntimeError(f"collectors: {json.dumps(serious)}")
    return found
