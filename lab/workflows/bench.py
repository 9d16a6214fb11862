"""`lab bench`: one point of the running lab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from lab.errors import BadInput
from lab.model.fit import Fit
from lab.model.lost import MAX_REPEATS
from lab.model.measurement import Measurement
from lab.model.point import point
from lab.model.run import Run
from lab.model.scenario import Scenario
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.fitting import require_fit, warn_of_power
from lab.workflows.measure import Load, Progress, measure
from lab.workflows.record import (
    keep,
    run_of_lab,
    speed_reference,
)

# bash speaks TCP by itself; the image has no client.
_COLD: Final = {
    "cold": "cache nodes emptied before each window, no warm-up; the databases' memory stays warm"
}
_FLUSH: Final = (
    "bash", "-c",
    "exec 3<>/dev/tcp/127.0.0.1/11211 && printf 'flush_all\\r\\nquit\\r\\n' >&3 && read -r -t 2 said <&3 && [[ $said == OK* ]]",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """What a bench is going to measure."""

    lab: RunningLab
    topology: Topology
    fit: Fit
    scenario: Scenario
    load: Load
    repeat: int
    name: str | None

    @property
    def expected_s(self) -> float:
        """Return the seconds it will take."""
        return self.repeat * (self.load.total_s + 3)


def require_tiers(scenario: Scenario, topology: Topology) -> None:
    """Check that a topology has what a scenario needs.

    Raises:
        BadInput: naming what is missing and the option that adds it.
    """
    has = {
        "s3": topology.store == "s3",
        "cache": topology.cache == "aside",
        "shared-sessions": topology.sessions != "files",
    }
    cure = {"s3": "--store s3", "cache": "--cache aside", "shared-sessions": "--sessions cache"}
    for need in scenario.needs:
        if need not in has:
            raise BadInput(f"{scenario.name}.toml: needs: unknown {need!r}; allowed: {', '.join(has)}")
        if not has[need]:
            raise BadInput(
                f"{scenario.name} needs {need}, which this topology lacks", hint=f"lab up {cure[need]}"
            )


def plan_bench(ctx: Context, scenario: Scenario, load: Load, *, repeat: int, name: str | None) -> BenchPlan:
    """Check that the bench can run.

    Raises:
        LabNotRunning: no lab.
        BadInput: the name is taken, or the topology lacks a tier.
        MachineNotReady: no memory for the load generator.
    """
    lab = need_running_lab(ctx)
    if lab.topology is None:
        raise BadInput(f'lab "{ctx.lab}" was started by another version', hint="lab down; lab up")
    require_tiers(scenario, lab.topology)
    require_free_name(ctx, name)
    fit = require_fit(ctx, lab.topology, scenario=scenario.name)
    return BenchPlan(
        lab=lab, topology=lab.topology, fit=fit, scenario=scenario, load=load, repeat=repeat, name=name
    )


def require_free_name(ctx: Context, name: str | None) -> None:
    """Check that a result's name is new and cannot be mistaken for an id.

    Raises:
        BadInput: it is taken or not a name.
    """
    if name is None:
        return
    if not name or len(name) > 60 or not all(c.isalnum() or c in "-_." for c in name) or name == "last":
        raise BadInput(f"--save-as: must be 1 to 60 letters, digits, - _ . and not `last`; got {name!r}")
    if any(document.get("name") == name for document in ctx.results.list()):
        raise BadInput(f"--save-as: {name!r} is taken", hint="lab runs")


def run_bench(ctx: Context, plan: BenchPlan, *, on_progress: Callable[[Progress], None]) -> tuple[Run, Path]:
    """Measure, keep and return the run with its folder."""
    power = warn_of_power(ctx)
    measurements: list[Measurement] = []
    ready: dict[str, Any] = {}
    for block in range(1, plan.repeat + 1):
        found, ready = measure_block(ctx, plan, block, on_progress)
        measurements += found
    reference = speed_reference(ctx, measurements)
    label = f"{plan.topology.replicas} web"
    only = point(label, {}, plan.topology, measurements, host_bound=plan.fit.host_bound, reference=reference)
    run = run_of_lab(
        ctx,
        plan,
        what=f"{plan.topology.replicas}web",
        ready=ready,
        reference=reference,
        power=power,
        kind="bench",
        name=plan.name,
        factor="",
        blocks=plan.repeat,
        points=(only,),
        procedure=_COLD if plan.load.is_cold else {},
    )
    return run, keep(ctx, run)


def empty_caches(ctx: Context, lab: RunningLab) -> None:
    """Forget everything that the cache nodes hold, sessions included; the databases keep what they have in memory."""
    for node in lab.tier("cache"):
        ctx.engine.run_in(node.id, _FLUSH)


def measure_block(
    ctx: Context, plan: BenchPlan, block: int, on_progress: Callable[[Progress], None]
) -> tuple[list[Measurement], dict[str, Any]]:
    """Measure one window; again, twice at most, if something that passes spoiled it. All are returned."""
    load = replace(plan.load, seed=plan.load.seed + block)
    found: list[Measurement] = []
    while True:
        if load.is_cold:
            empty_caches(ctx, plan.lab)
        measurement, ready = measure(
            ctx, plan.lab, plan.topology, plan.scenario, load, block=block, on_progress=on_progress
        )
        if not measurement.should_repeat:
            return [*found, measurement], ready
        is_last = len(found) == MAX_REPEATS
        what = "It is left out" if is_last else "Measuring it again"
        ctx.reporter.warn(f"block {block}: {'; '.join(measurement.spoiled)}. {what}.")
        if is_last:
            return [*found, measurement], ready
        found.append(replace(measurement, repeated=True))
