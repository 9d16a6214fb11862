"""The machine's speed, seen in the band: drift inside a window, and throughput normalised to a reference speed. Pure.

Each page carries the CPU time of the same unit of work. A machine that is 5 % slower needs 5 % more for it, and a tier
whose CPU binds serves 5 % less for that reason alone. Where something else binds, it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lab.model.measurement import Measurement, Second
from lab.model.stats import mean

MAX_DRIFT_RATIO: Final = 0.10  # of the unit, second half of a window against the first
_SIGMAS: Final = 2.0
_MIN_SECONDS: Final = 4  # with a unit of work, in each half
WEB: Final = "web"  # the one tier with a unit of work; what was tried for the database: docs/adr/0016


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The speed that throughput is normalised to.

    Attributes:
        work_ms: CPU time of the unit of PHP work; None = not known.
        source: where `work_ms` comes from, in words.
    """

    work_ms: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How much the unit of work changed inside a window: second half / first half - 1, and its standard error."""

    ratio: float
    error: float

    @property
    def problem(self) -> str:
        """Return why the window is INVALID; empty when the machine was steady enough."""
        bound = MAX_DRIFT_RATIO + _SIGMAS * self.error
        if abs(self.ratio) <= bound:
            return ""
        return (
            f"speed: the machine's speed changed by {-self.ratio / (1 + self.ratio):+.0%} inside the window (at most"
            f" {bound:.0%}): a neighbour, heat, or power saving; plug in, close other programs"
        )


def drift_of(window: Sequence[Second]) -> Drift | None:
    """Return the drift of the unit of work in a window's seconds; None with too few of them."""
    units = [second.work_ms for second in window if second.work_ms]
    half = len(units) // 2
    if half < _MIN_SECONDS:
        return None
    first, last = units[:half], units[-half:]
    a, b = mean(first), mean(last)
    return Drift(ratio=b / a - 1, error=b / a * math.hypot(_error(first) / a, _error(last) / b))


def _error(values: Sequence[float]) -> float:
    """Return the standard error of the mean."""
    centre = mean(values)
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1) / len(values))


def reference_of(machine: Reference | None, measurements: Sequence[Measurement]) -> Reference:
    """Return the machine's reference; what it does not know is the mean over the run's valid windows."""
    valid = [m for m in measurements if m.is_valid]
    work = [m.work_ms for m in valid if m.work_ms]
    known = machine or Reference()
    return Reference(
        work_ms=known.work_ms or (mean(work) if work else None),
        source=known.source if known.work_ms else "this run's own mean" if work else "",
    )


def normalised(measurements: Sequence[Measurement], reference: Reference, *, binds: str) -> list[Measurement]:
    """Return a point's measurements with throughput at the reference speed, if the tier that binds has a unit of work.

    X_norm = X x (unit of work in this window / reference unit).

    Args:
        binds: the tier whose CPU binds; empty when none does: then speed is not what throughput rests on, and nothing
            is normalised.
    """
    return [_normalised(m, reference, binds) for m in measurements]


def _normalised(m: Measurement, reference: Reference, binds: str) -> Measurement:
    if binds != WEB or not m.work_ms or not reference.work_ms:
        return replace(m, normalised_rps=None, normalised_by="")
    return replace(m, normalised_rps=m.throughput_rps * m.work_ms / reference.work_ms, normalised_by=WEB)
