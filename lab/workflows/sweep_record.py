"""From a sweep's journal to its run: the points, how precise they are, and how it was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from lab.model.journal import Done, gaps_s, machine_changes, split_blocks
from lab.model.measurement import Measurement
from lab.model.point import point
from lab.model.precision import Reached, half_width_ratio, reached
from lab.model.ratio import ratio_of
from lab.model.run import Point, Run
from lab.model.speed import Reference
from lab.model.stats import bca, median
from lab.workflows.context import Context
from lab.workflows.journal import Writer
from lab.workflows.record import (
    environment,
    iso_now,
    load_record,
    reference_record,
    scenario_record,
    speed_reference,
)
from lab.workflows.sweep_plan import SweepPlan

_DIGITS: Final = 5


def points_of(plan: SweepPlan, done: Sequence[Done], reference: Reference) -> list[Point]:
    """Return the points of what was measured so far, in the order of the plan."""
    found: dict[str, list[Measurement]] = {plan.label(value): [] for value in plan.values}
    for each in done:
        found[each.label].append(each.measurement)
    return [
        point(
            plan.label(value),
            plan.setting(value),
            plan.topologies[value],
            found[plan.label(value)],
            host_bound=plan.fits[value].host_bound,
            reference=reference,
        )
        for value in plan.values
    ]


def how_precise(ctx: Context, plan: SweepPlan, journal: Writer) -> Reached:
    """Return how precise the points are by now, against what was asked."""
    reference = speed_reference(ctx, [done.measurement for done in journal.done])
    return reached(points_of(plan, journal.done, reference), plan.precision or 1.0)


def sweep_run(ctx: Context, plan: SweepPlan, journal: Writer, *, power: str | None, ended: str) -> Run:
    """Return the finished run."""
    done = journal.done
    reference = speed_reference(ctx, [each.measurement for each in done])
    points = points_of(plan, done, reference)
    largest = plan.topologies[plan.values[-1]]
    ready = next((each.ready for each in reversed(done) if each.ready), {})
    run = Run(
        id=journal.run_id,
        kind="sweep",
        name=plan.name,
        created_at=iso_now(ctx),
        scenario=scenario_record(plan.scenario),
        load=load_record(plan.scenario, plan.load),
        environment={
            **environment(ctx, largest, ready, web_image=plan.web_image, power=power),
            **reference_record(reference),
            "order": [f"{each.block}:{each.label}" for each in done],
        },
        factor=plan.factor,
        second_factor=plan.second_factor,
        seed=plan.load.seed,
        blocks=max((each.block for each in done), default=0),
        points=tuple(points),
    )
    return _with_procedure(run, plan, journal, ended)


def _with_procedure(run: Run, plan: SweepPlan, journal: Writer, ended: str) -> Run:
    ratios = {p.label: _rounded(half_width_ratio(p)) for p in run.points}
    known = [ratio for ratio in ratios.values() if ratio is not None]
    procedure: dict[str, Any] = {
        "ended": ended,
        "blocks_asked": plan.blocks if plan.precision is None else f"{plan.blocks} and more, until precise",
        "precision_ratio": plan.precision,
        "reached_ratio": max(known) if known and len(known) == len(ratios) else None,
        "max_time_s": plan.max_time_s,
        "measured_s": round(sum(s.ended_s - s.started_s for s in journal.sessions), 1),
        "rejected": rejected(journal.done),
        **_points_record(run, plan, ratios),
        **_sessions_record(journal),
    }
    return replace(
        run, procedure={key: value for key, value in procedure.items() if value not in (None, {}, [])}
    )


def rejected(done: Sequence[Done]) -> dict[str, int]:
    """Return how many windows were thrown out and made again, by the reason's first words."""
    words = [
        problem.partition(":")[0].partition(" (")[0]
        for each in done
        if each.measurement.repeated
        for problem in list(each.measurement.spoiled or each.measurement.problems)[:1]
    ]
    return dict(Counter(words))


def _points_record(run: Run, plan: SweepPlan, ratios: dict[str, float | None]) -> dict[str, Any]:
    base = next((p for p in run.points if p.valid), None)
    rows = []
    for p in run.points:
        row: dict[str, Any] = {"point": p.label, "half_width_ratio": ratios[p.label]}
        if plan.precision is not None:
            ratio = ratios[p.label]
            row["is_precise"] = ratio is not None and ratio <= plan.precision
        if base and p is not base and (ratio_found := ratio_of((run, base), (run, p))) is not None:
            row |= {
                "ratio": _rounded(ratio_found.ratio),
                "low": _rounded(ratio_found.low),
                "high": _rounded(ratio_found.high),
                "pairs": ratio_found.n_a if ratio_found.is_paired else 0,
            }
        rows.append({**row, **_medians(p, run.seed)})
    return {"baseline": base.label if base else None, "precision": rows}


def _medians(p: Point, seed: int) -> dict[str, Any]:
    """Return the median of the windows' p95 with its bootstrap interval; nothing below ten windows."""
    values = [m.latency.p95_ms for m in p.valid]
    ends = bca(values, seed=seed)
    if ends is None:
        return {}
    return {"p95_median_ms": median(values), "p95_low_ms": ends[0], "p95_high_ms": ends[1]}


def _sessions_record(journal: Writer) -> dict[str, Any]:
    if len(journal.sessions) < 2:
        return {}
    return {
        "sessions": [
            {"started_s": s.started_s, "ended_s": s.ended_s, "boot": s.machine.get("boot")}
            for s in journal.sessions
        ],
        "gaps_s": gaps_s(journal.sessions),
        "split_blocks": split_blocks(journal.sessions, journal.done),
        "changed_between": machine_changes(journal.sessions),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
