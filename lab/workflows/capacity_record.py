"""From the windows of a search for capacity to its run: the points, the answer, and what led to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.model.capacity import Answer, Trial, answer, fewest, majorities
from lab.model.measurement import Measurement
from lab.model.point import point
from lab.model.run import Run
from lab.workflows.capacity_plan import CapacityPlan
from lab.workflows.capacity_search import Search
from lab.workflows.context import Context
from lab.workflows.record import environment, iso_now, load_record, new_run_id, scenario_record


def capacity_run(ctx: Context, plan: CapacityPlan, search: Search, power: str | None) -> Run:
    """Return the run of a search that has tried at least one window."""
    by_replicas = bool(plan.rates_rps) and len(plan.topologies) > 1
    groups: dict[tuple[float, int], list[Measurement]] = {}
    for tried in search.tried:
        groups.setdefault((tried.rate_rps, tried.replicas), []).append(tried.measurement)
    points = [
        point(
            f"{rate:g}" + (f" · {replicas} web" if by_replicas else ""),
            {"rate": rate, "replicas": replicas},
            plan.topologies[replicas],
            measurements,
        )
        for (rate, replicas), measurements in sorted(groups.items())
    ]
    largest = plan.topologies[max(plan.topologies)]
    return Run(
        id=new_run_id(ctx, plan.scenario, "capacity"),
        kind="capacity",
        name=plan.name,
        created_at=iso_now(ctx),
        scenario=scenario_record(plan.scenario),
        load={**load_record(plan.scenario, replace(plan.load, rate_rps=search.tried[-1].rate_rps)), "rate_rps": None},
        environment=environment(ctx, largest, search.ready, web_image=plan.web_image, power=power),
        factor="rate",
        seed=plan.load.seed,
        blocks=1,
        points=tuple(points),
        second_factor="replicas" if by_replicas else "",
        procedure=procedure(plan, search),
    )  # fmt: skip


def procedure(plan: CapacityPlan, search: Search) -> dict[str, Any]:
    """Return the objective, the answer, and every window that led to it."""
    said: dict[str, Any] = {
        "slo": str(plan.slo),
        "saturation_rps": search.saturation_rps,
        "stopped": search.stopped,
        "trials": [
            {
                "rate_rps": t.rate_rps,
                "replicas": t.replicas,
                "holds": None if t.judgement.invalid else not t.judgement.broken,
                "why": [*t.judgement.invalid, *t.judgement.broken],
            }
            for t in search.tried
        ],
    }
    counted = [t for t in search.tried if not t.judgement.invalid]
    if plan.rates_rps:
        by_rate = {
            rate: majorities([(t.replicas, not t.judgement.broken) for t in counted if t.rate_rps == rate])
            for rate in plan.rates_rps
        }
        said["demand"] = [
            {"rate_rps": rate, "replicas": fewest(found), "tried": [n for n, _ in found]}
            for rate, found in by_rate.items()
        ]
        return said
    return said | _as_document(
        answer([Trial(rate_rps=t.rate_rps, holds=not t.judgement.broken) for t in counted])
    )


def _as_document(found: Answer) -> dict[str, Any]:
    return {
        "holds_rps": found.holds_rps,
        "holds_runs": list(found.holds_runs),
        "fails_rps": found.fails_rps,
        "fails_runs": list(found.fails_runs),
        "confirmed": found.is_confirmed,
    }
