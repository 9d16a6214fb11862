"""`lab sweep`: the same scenario over several settings, in randomised complete blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from lab.errors import BadInput, RunInvalid
from lab.model.run import Measurement, Run
from lab.model.scenario import Scenario
from lab.model.state import RunningLab
from lab.model.sweep import Visit, visits
from lab.model.topology import Topology
from lab.workflows.bench import require_free_name, require_tiers
from lab.workflows.context import Context
from lab.workflows.down import take_down
from lab.workflows.find import own_web_image, running_lab
from lab.workflows.measure import Load, Progress, measure
from lab.workflows.observed import no_measurement
from lab.workflows.record import (
    environment,
    iso_now,
    keep,
    load_record,
    new_run_id,
    normalised,
    point,
    reference_work_ms,
    scenario_record,
)
from lab.workflows.reset import is_changed, may_be_changed, reset_data
from lab.workflows.up import execute, plan_up

CHANGE_S: Final = 12.0  # one change of topology with its data restored, measured on two cores


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What a sweep is going to do.

    Attributes:
        factor: the option that varies, or `users`.
        topologies: the complete topology of each value.
        before: the topology to go back to; None when no lab ran.
        restore: go back to how it was, running or not, at the end.
        web_image: a learner's own app (`--app`) that the running lab has.
    """

    scenario: Scenario
    load: Load
    factor: str
    values: Sequence[Any]
    topologies: Mapping[Any, Topology]
    blocks: int
    order: Sequence[Visit]
    before: Topology | None
    restore: bool
    web_image: str | None
    is_data_changed: bool
    name: str | None

    @property
    def expected_s(self) -> float:
        """Return the seconds it will take."""
        return len(self.order) * (self.load.total_s + CHANGE_S)


def plan_sweep(
    ctx: Context,
    scenario: Scenario,
    load: Load,
    *,
    factor: str,
    topologies: Mapping[Any, Topology],
    blocks: int,
    name: str | None = None,
    restore: bool = True,
) -> SweepPlan:
    """Check every point before anything starts.

    Args:
        restore: go back to the topology that runs now when the sweep ends.

    Raises:
        BadInput: a point cannot run the scenario, or the name is taken.
    """
    if not topologies:
        raise BadInput("a sweep needs one option with several values", hint="for example --replicas 1,2,4")
    for topology in topologies.values():
        require_tiers(scenario, topology)
    require_free_name(ctx, name)
    lab = running_lab(ctx)
    if lab is not None and lab.topology is None:
        raise BadInput(f'lab "{ctx.lab}" was started by another version', hint="lab down; lab up")
    values = list(topologies)
    return SweepPlan(
        scenario=scenario,
        load=load,
        factor=factor,
        values=values,
        topologies=topologies,
        blocks=blocks,
        order=visits(values, blocks, load.seed),
        before=lab.topology if lab else None,
        restore=restore,
        web_image=own_web_image(lab),
        is_data_changed=may_be_changed(ctx, lab),
        name=name,
    )


def run_sweep(
    ctx: Context,
    plan: SweepPlan,
    *,
    on_progress: Callable[[Progress], None],
    on_visit: Callable[[int, Visit, Measurement | None], None],
) -> tuple[Run, Path]:
    """Measure every point in every block, restore the topology, keep the run."""
    found: dict[Any, list[Measurement]] = {value: [] for value in plan.values}
    ready: dict[str, Any] = {}
    try:
        for number, visit in enumerate(plan.order, start=1):
            on_visit(number, visit, None)
            measurement, seen = _measure_visit(ctx, plan, visit, on_progress, is_first=number == 1)
            ready = seen or ready
            found[visit.value].append(measurement)
            on_visit(number, visit, measurement)
    finally:
        if plan.restore:
            _go_back(ctx, plan)
    run = _run(ctx, plan, found, ready)
    return run, keep(ctx, run)


def _go_back(ctx: Context, plan: SweepPlan) -> None:
    if running_lab(ctx) is None:
        return
    if plan.before is None:
        take_down(ctx, ctx.lab, volumes=not plan.is_data_changed)  # nothing was there before: nothing stays
    else:
        execute(ctx, plan_up(ctx, plan.before, web_image=plan.web_image))


def _measure_visit(
    ctx: Context, plan: SweepPlan, visit: Visit, on_progress: Callable[[Progress], None], *, is_first: bool
) -> tuple[Measurement, dict[str, Any]]:
    topology = plan.topologies[visit.value]
    load = replace(plan.load, seed=plan.load.seed + visit.block)
    if plan.factor == "users":
        load = replace(load, users=visit.value)
    lab = _at(ctx, plan, topology, is_first=is_first)
    started_s = ctx.clock.now_s()
    try:
        return measure(ctx, lab, topology, plan.scenario, load, block=visit.block, on_progress=on_progress)
    except (
        RunInvalid
    ) as error:  # one point's scenario failed: it is kept as INVALID, and the others are not lost
        return no_measurement(block=visit.block, started_s=started_s, reason=error.message), {}


def _at(ctx: Context, plan: SweepPlan, topology: Topology, *, is_first: bool) -> RunningLab:
    lab = execute(ctx, plan_up(ctx, topology, web_image=plan.web_image))
    writes = plan.scenario.data == "writes"
    if is_changed(ctx, lab) or (writes and topology.store == "s3" and not is_first):
        return reset_data(ctx, topology, with_store=writes)
    return lab


def _run(
    ctx: Context, plan: SweepPlan, found: Mapping[Any, list[Measurement]], ready: Mapping[str, Any]
) -> Run:
    reference_ms = reference_work_ms([m for measurements in found.values() for m in measurements])
    points = tuple(
        point(
            str(value), {plan.factor: value}, plan.topologies[value], normalised(found[value], reference_ms)
        )
        for value in plan.values
    )
    largest = plan.topologies[plan.values[-1]]
    return Run(
        id=new_run_id(ctx, plan.scenario, f"by-{plan.factor.replace('_', '-')}"),
        kind="sweep",
        name=plan.name,
        created_at=iso_now(ctx),
        scenario=scenario_record(plan.scenario),
        load=load_record(plan.scenario, plan.load),
        environment={
            **environment(ctx, largest, ready, web_image=plan.web_image),
            "reference_work_ms": reference_ms,
            "order": [f"{visit.block}:{visit.value}" for visit in plan.order],
        },
        factor=plan.factor,
        seed=plan.load.seed,
        blocks=plan.blocks,
        points=points,
    )
