"""`lab sweep`: the same scenario over several settings, in randomised complete blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.errors import RunInvalid
from lab.model.run import Measurement, Run
from lab.model.state import RunningLab
from lab.model.sweep import Visit, with_repeat
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.down import take_down
from lab.workflows.find import running_lab
from lab.workflows.fitting import warn_of_power
from lab.workflows.measure import Progress, measure
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
from lab.workflows.reset import is_changed, reset_data
from lab.workflows.sweep_plan import SweepPlan
from lab.workflows.up import execute, plan_up


def run_sweep(
    ctx: Context,
    plan: SweepPlan,
    *,
    on_progress: Callable[[Progress], None],
    on_visit: Callable[[int, Visit, Measurement | None], None],
) -> tuple[Run, Path]:
    """Measure every point in every block, restore the topology, keep the run.

    A measurement that lost time to a machine that slept is kept, and made again at the end of its block.
    """
    found = _Found(power=warn_of_power(ctx), measurements={value: [] for value in plan.values})
    pending = list(plan.order)
    try:
        while pending:
            visit = pending.pop(0)
            number = 1 + next(
                i for i, v in enumerate(plan.order) if (v.block, v.value) == (visit.block, visit.value)
            )
            on_visit(number, visit, None)
            measurement, seen = _measure_visit(ctx, plan, visit, on_progress, is_first=not found.order)
            found.ready = seen or found.ready
            found.order.append(visit)
            left = with_repeat(pending, visit) if measurement.lost.is_too_much else None
            if left is not None:
                pending, measurement = left, replace(measurement, repeated=True)
            found.measurements[visit.value].append(measurement)
            on_visit(number, visit, measurement)
    finally:
        if plan.restore:
            _go_back(ctx, plan)
    run = _run(ctx, plan, found)
    return run, keep(ctx, run)


@dataclass(slots=True, kw_only=True)
class _Found:
    """What a sweep has found so far; `order` holds the visits as they were made, repeats included."""

    power: str | None
    measurements: dict[Any, list[Measurement]]
    order: list[Visit] = field(default_factory=list)
    ready: dict[str, Any] = field(default_factory=dict)


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


def _run(ctx: Context, plan: SweepPlan, found: _Found) -> Run:
    reference_ms = reference_work_ms([m for each in found.measurements.values() for m in each])
    points = tuple(
        point(
            str(value),
            {plan.factor: value},
            plan.topologies[value],
            normalised(found.measurements[value], reference_ms),
            host_bound=plan.fits[value].host_bound,
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
            **environment(ctx, largest, found.ready, web_image=plan.web_image, power=found.power),
            "reference_work_ms": reference_ms,
            "order": [f"{visit.block}:{visit.value}" for visit in found.order],
        },
        factor=plan.factor,
        seed=plan.load.seed,
        blocks=plan.blocks,
        points=points,
    )
