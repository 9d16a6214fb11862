"""What one window of an open load says about an objective: held, not held, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lab.model.gates import MAX_DROPPED_RATIO, MIN_ACHIEVED_RATIO
from lab.model.measurement import Measurement
from lab.model.slo import Slo, broken

# Gates that a lab fails because it gets more than it can do. At a given rate that is an answer and no broken window.
OVERLOAD: Final = ("steady state", "errors", "overloaded", "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a window said.

    Attributes:
        measurement: the window; what only says that the lab was overloaded has become a warning.
        broken: why the objective was not held; empty when it was.
        invalid: why the window says nothing; empty when it counts.
    """

    measurement: Measurement
    broken: Sequence[str]
    invalid: Sequence[str]


def judge(slo: Slo, measurement: Measurement, *, rate_rps: float) -> Judgement:
    """Judge one window at a rate of actions a second."""
    overload = tuple(p for p in measurement.problems if p.split(":")[0] in OVERLOAD)
    invalid = tuple(p for p in measurement.problems if p not in overload)
    reasons = broken(slo, measurement)
    starts = measurement.starts
    offered = starts.planned if starts else rate_rps * measurement.duration_s
    if starts and starts.dropped > MAX_DROPPED_RATIO * max(starts.planned, 1):
        reasons.append(f"{starts.dropped:,} of {starts.planned:,} starts dropped")
    elif offered and measurement.actions < MIN_ACHIEVED_RATIO * offered:
        reasons.append(f"{measurement.actions:,} of {offered:,.0f} actions done")
    kept = replace(measurement, problems=invalid, warnings=(*measurement.warnings, *overload))
    return Judgement(measurement=kept, broken=tuple(reasons), invalid=invalid)
