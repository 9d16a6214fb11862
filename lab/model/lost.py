"""Time that a measurement lost: a machine that slept, a load generator that stood still, a reading that came late. Pure.

A window that lost time shows neither the lab nor the load. It is INVALID, kept, and measured again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MAX_ASLEEP_S: Final = 1.0
MAX_STALLED_S: Final = 1.0
MAX_LATE_S: Final = 1.0
MAX_REPEATS: Final = 2  # of one window; a machine that goes on falling asleep needs a person
MAX_IN_VAIN: Final = 4  # repeats in a row that were spoiled again: what spoils them does not pass
_STAY_AWAKE: Final = (
    "keep it awake: plug in, lid open, `systemd-inhibit lab ...` (macOS: `caffeinate -i lab ...`)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Seconds that one measurement lost: asleep or stepped since its ramp, the others within its window.

    Attributes:
        asleep_s: the engine's machine or the one where `lab` runs slept, by the kernel's clocks; the longer of both.
        stepped_s: the wall clock of the engine's machine jumped (a virtual machine that its host stopped; or it was set).
        stalled_s: the longest time within the window without a sign of the load generator, beyond its second.
        late_s: how late the counters at the ends of the window were read: `lab` itself had been stopped.
    """

    asleep_s: float = 0.0
    stepped_s: float = 0.0
    stalled_s: float = 0.0
    late_s: float = 0.0

    @property
    def is_too_much(self) -> bool:
        """Say whether the measurement must be thrown out and made again."""
        return bool(reasons(self))


def reasons(lost: Lost) -> list[str]:
    """Return why a measurement that lost time is INVALID, each with what helps; empty when nothing counts."""
    found = []
    if lost.asleep_s > MAX_ASLEEP_S:
        found.append(f"the machine slept ({lost.asleep_s:.0f} s): {_STAY_AWAKE}")
    elif abs(lost.stepped_s) > MAX_ASLEEP_S:
        found.append(
            f"the engine's clock jumped by {lost.stepped_s:+.0f} s: its machine slept, or the clock was set; {_STAY_AWAKE}"
        )
    if lost.stalled_s > MAX_STALLED_S:
        found.append(
            f"the load generator stood still for {lost.stalled_s:.1f} s (at most {MAX_STALLED_S:g} s): it was paused,"
            " or the machine was too busy to run it; close other programs"
        )
    if lost.late_s > MAX_LATE_S:
        found.append(
            f"the counters were read {lost.late_s:.1f} s late (at most {MAX_LATE_S:g} s): the lab command was stopped,"
            " or the machine was too busy to run it"
        )
    return found


def stalled_s(spans_s: Iterable[float]) -> float:
    """Return by how much the longest of the generator's seconds was longer than a second."""
    return max(0.0, max(spans_s, default=0.0) - 1.0)


class Lateness:
    """How late events arrive, against the one that arrived earliest: both clocks may differ by any constant."""

    def __init__(self) -> None:
        self._earliest_s: float | None = None

    def of(self, *, sent_s: float, seen_s: float) -> float:
        """Return the delay of an event that was sent (sender's clock) and seen (own monotonic clock)."""
        offset_s = seen_s - sent_s
        if self._earliest_s is None or offset_s < self._earliest_s:
            self._earliest_s = offset_s
        return offset_s - self._earliest_s
