"""What the probe is asked to do in one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lab.model.scenario import Scenario
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.find import TIERS

if TYPE_CHECKING:
    from lab.workflows.measure import Load

# The data set's size, as the db image is seeded (mysql/seed).
DATA: Final = {"users": 2000, "photos": 20000}
POOL_USERS: Final = 512  # the most actions of an open load that may be under way; those beyond are dropped


def job_of(
    lab: RunningLab, topology: Topology, scenario: Scenario, load: Load, *, processes: int
) -> dict[str, Any]:
    """Return the probe's job document."""
    return {
        "schema": "probe.job/1",
        "target": f"http://{topology.entry}",
        "seed": load.seed,
        "scenario": {
            "name": scenario.name,
            "locustfile": scenario.locustfile,
            "modules": {},
            "settings": dict(scenario.settings),
        },
        "load": {
            **(
                {"users": load.users}
                if load.rate_rps is None
                else {"users": POOL_USERS, "rate_rps": load.rate_rps}
            ),
            "processes": processes,
            "ramp_s": load.ramp_s,
            "warmup_s": load.warmup_s,
            "duration_s": load.duration_s,
            **({} if load.think_s is None else {"think_s": load.think_s}),
        },
        "watch": {tier: [c.service for c in lab.tier(tier)] for tier in TIERS if lab.tier(tier)},
        "data": DATA,
        "verify": scenario.verify,
    }
