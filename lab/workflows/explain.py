"""`lab explain --verify`: raise the suspect's CPU quota, measure in turns with the original, and raise another as control."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.model.cpu import Quota
from lab.model.intervention import change_of, needed_ratio, outcome
from lab.model.measurement import Measurement
from lab.model.point import point
from lab.model.run import Point, Run
from lab.model.speed import Reference, normalised
from lab.workflows.balancer import set_maxconn
from lab.workflows.context import Context
from lab.workflows.find import measured_containers
from lab.workflows.fitting import warn_of_power
from lab.workflows.measure import Progress, measure
from lab.workflows.mend import MAXCONN, mend_maxconn, mend_quotas
from lab.workflows.record import (
    keep,
    run_of_lab,
    speed_reference,
)
from lab.workflows.verify_plan import VerifyPlan

OnProgress = Callable[[Progress], None]


@dataclass(slots=True, kw_only=True)
class _Seen:
    measurements: dict[str, list[Measurement]] = field(default_factory=dict)
    ready: dict[str, Any] = field(default_factory=dict)


def order_of(labels: Sequence[str], pairs: int, seed: int) -> list[list[str]]:
    """Return each pair's order: forwards, then backwards (A B C, C B A, …), the first one by the seed."""
    first = list(labels)
    random.Random(seed).shuffle(first)  # noqa: S311
    return [first if i % 2 == 0 else first[::-1] for i in range(pairs)]


def run_verify(ctx: Context, plan: VerifyPlan, *, on_progress: OnProgress) -> tuple[Run, Path]:
    """Intervene, put the quotas back whatever happens, keep the run and return it with its folder."""
    power = warn_of_power(ctx)
    seen = _Seen(measurements={label: [] for label in plan.raises})
    mend_maxconn(ctx, plan.lab, plan.topology)
    mend_quotas(ctx, plan.lab, plan.topology)  # a killed command may have left them raised
    original = ctx.engine.quotas([c.id for c in measured_containers(plan.lab)])
    try:
        for block, labels in enumerate(order_of(list(plan.raises), plan.pairs, plan.load.seed), 1):
            for label in labels:
                _window(ctx, plan, seen, label, block, original, on_progress)
    finally:
        restore(ctx, plan, original)
    reference = speed_reference(ctx, [m for each in seen.measurements.values() for m in each])
    run = _run(ctx, plan, seen, reference, power)
    return run, keep(ctx, run)


def _window(
    ctx: Context,
    plan: VerifyPlan,
    seen: _Seen,
    label: str,
    block: int,
    original: Mapping[str, Quota | None],
    on_progress: OnProgress,
) -> None:
    what = plan.raises[label]
    load = replace(plan.load, seed=plan.load.seed + block)  # a pair gets the same requests
    try:
        if what.maxconn:
            set_maxconn(ctx, plan.lab, plan.topology.web_names, what.maxconn)
        found, seen.ready = measure(
            ctx, plan.lab, plan.topology, plan.scenario, load, block=block, on_progress=on_progress, shares=what.shares
        )  # fmt: skip
    finally:
        restore(ctx, plan, original)
    seen.measurements[label].append(found)
    said = "INVALID" if found.problems else f"{found.throughput_rps:.1f} req/s"
    ctx.reporter.info(f"  pair {block} of {plan.pairs}, {label}: {said}")


def restore(ctx: Context, plan: VerifyPlan, original: Mapping[str, Quota | None]) -> None:
    """Put back what may be raised. After a kill, the next command that changes or measures the lab mends the quotas."""
    if any(what.maxconn for what in plan.raises.values()):
        with suppress(LabError):
            set_maxconn(ctx, plan.lab, plan.topology.web_names, MAXCONN)
    for container, had in original.items():
        with suppress(LabError):  # gone: nothing to put back
            ctx.engine.set_quota([container], had)


def _run(ctx: Context, plan: VerifyPlan, seen: _Seen, reference: Reference, power: str | None) -> Run:
    points = [_point(plan, label, ms, reference) for label, ms in seen.measurements.items()]
    return run_of_lab(
        ctx,
        plan,
        what=f"verify-{plan.suspect}",
        ready=seen.ready,
        reference=reference,
        power=power,
        kind="verify",
        name=None,
        factor="share",
        blocks=plan.pairs,
        points=points,
        procedure=procedure(plan, seen.measurements, reference),
    )


def _point(plan: VerifyPlan, label: str, measurements: Sequence[Measurement], reference: Reference) -> Point:
    setting = {"share": label}
    return point(label, setting, plan.topology, measurements, host_bound=plan.host_bound, reference=reference)


def procedure(
    plan: VerifyPlan, measurements: Mapping[str, Sequence[Measurement]], reference: Reference
) -> dict[str, Any]:
    """Return what the intervention showed, as the run keeps it."""
    labels = list(plan.raises)
    figures = {label: _figures(measurements[label], reference, plan.suspect) for label in labels}
    raised = change_of(*_pairs(figures[labels[0]], figures[labels[1]]))
    control = change_of(*_pairs(figures[labels[0]], figures[labels[2]])) if len(labels) > 2 else None
    word, why = outcome(raised, control, plan.predicted)
    return {
        "of": plan.run_id,
        "suspect": plan.suspect,
        "verdict": plan.verdict.sentence,
        "outcome": word,
        "why": why,
        "raised": labels[1],
        "ratio": asdict(raised),
        "predicted_ratio": plan.predicted,
        "needed_ratio": needed_ratio(plan.predicted),
        "control": labels[2] if control else "",
        "control_ratio": asdict(control) if control else None,
    }


def _figures(
    measurements: Sequence[Measurement], reference: Reference, suspect: str
) -> dict[int, float]:  # fmt: skip
    """Return throughput by pair, all of it normalised by the suspect's unit of work, where it has one."""
    found = normalised(measurements, reference, binds=suspect)
    return {m.block: m.normalised_rps or m.throughput_rps for m in found if m.is_valid}


def _pairs(before: Mapping[int, float], after: Mapping[int, float]) -> tuple[list[float], list[float]]:
    both = sorted(set(before) & set(after))
    return [before[block] for block in both], [after[block] for block in both]
