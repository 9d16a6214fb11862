"""The verdict of each point of a kept run, with the demand table that it was made from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from lab.model.demand_table import Demand, demand_table, nearest_limit
from lab.model.measurement import Measurement
from lab.model.run import Point, Run, Verdict
from lab.model.verdict import binding_tier, verdict_of

EXPLAIN_SCHEMA: Final = "lab.explain/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One point.

    Attributes:
        measurements: what it rests on: the valid ones; the INVALID ones when there are no others.
        model: the tier with the lowest X_max in the demand table.
        agrees: whether model and verdict name the same tier; None when the verdict names no CPU.
    """

    label: str
    verdict: Verdict
    table: Sequence[Demand]
    measurements: Sequence[Measurement]
    is_valid: bool
    model: str
    agrees: bool | None


def judged_measurements(point: Point) -> list[Measurement]:
    """Return the measurements that a verdict rests on."""
    return point.valid or [m for m in point.measurements if not m.repeated]


def explain_point(point: Point) -> Explained:
    """Return what binds at a point, judged anew, so that older runs get today's rules."""
    measurements = judged_measurements(point)
    verdict, table = verdict_of(measurements), demand_table(measurements)
    model, binds = nearest_limit(table), binding_tier(verdict)
    return Explained(
        label=point.label,
        verdict=verdict,
        table=table,
        measurements=measurements,
        is_valid=bool(point.valid),
        model=model,
        agrees=model == binds if binds else None,
    )


def explain_run(run: Run) -> list[Explained]:
    """Return every point's explanation, in the run's order."""
    return [explain_point(point) for point in run.points]


def explain_document(run: Run, points: Sequence[Explained]) -> Mapping[str, Any]:
    """Return the explanation as JSON-ready data."""
    return {
        "schema": EXPLAIN_SCHEMA,
        "run": run.id,
        "points": [
            {
                "label": p.label,
                "valid": p.is_valid,
                "verdict": asdict(p.verdict),
                "demands": [asdict(row) for row in p.table],
                "model": p.model,
                "agrees": p.agrees,
            }
            for p in points
        ],
    }
