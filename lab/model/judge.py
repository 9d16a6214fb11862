"""What one window of an open load says about an objective: held, not held, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lab.model.gates import MAX_DROPPED_RATIO
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


def judge(slo: Slo, measurement: Measurement) -> Judgement:
    """Judge one window at a given rate.

    Whether it kept up is said by the gate, which leaves room for what was under way at both ends by chance: a window of
    20 s that is 2 % short of its 370 actions has lost nothing.
    """
    overload = tuple(p for p in measurement.problems if p.split(":")[0] in OVERLOAD)
    invalid = tuple(p for p in measurement.problems if p not in overload)
    reasons = broken(slo, measurement)
    starts = measurement.starts
    if starts and starts.dropped > MAX_DROPPED_RATIO * max(starts.planned, 1):
        reasons.append(f"{starts.dropped:,} of {starts.planned:,} starts dropped")
    elif starts and any(p.startswith("overloaded:") for p in overload):
        reasons.append(f"{measurement.actions:,} of {starts.planned:,} actions done")
    kept = replace(measurement, problems=invalid, warnings=(*measurement.warnings, *overload))
    return Judgement(measurement=kept, broken=tuple(reasons), invalid=invalid)
