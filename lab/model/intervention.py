"""Whether raising a suspect's share raised throughput as the demand table says, and raising another one did not. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lab.model.demand_table import Demand
from lab.model.stats import interval

FACTOR: Final = 1.5
CONTROL_RATIO: Final = 0.03  # raising another tier may change throughput by this much
PART: Final = 0.5  # of the predicted gain must be there


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Throughput with something raised / without: the mean of paired logarithms, with its 95 % interval.

    `low` and `high` are None below two pairs.
    """

    ratio: float
    low: float | None
    high: float | None
    pairs: int


def change_of(before: Sequence[float], after: Sequence[float]) -> Change:
    """Return the change between two series that belong together in pairs."""
    found = interval([math.log(b / a) for a, b in zip(before, after, strict=False) if a > 0 and b > 0])
    if found is None:
        return Change(ratio=1.0, low=None, high=None, pairs=0)
    half = found.half_width
    return Change(
        ratio=math.exp(found.mean),
        low=None if half is None else math.exp(found.mean - half),
        high=None if half is None else math.exp(found.mean + half),
        pairs=found.n,
    )


def predicted_ratio(rows: Sequence[Demand], suspect: str, *, factor: float = FACTOR) -> float:
    """Return what raising a suspect's share should do: the factor, or less where the next tier is met before.

    X_max of a tier is its capacity / demand, so the next one's bound over the suspect's is how far there is to go.
    """
    bounds = {row.tier: row.x_max_rps for row in rows if row.x_max_rps}
    if suspect not in bounds:
        return 1.0
    others = [bound for tier, bound in bounds.items() if tier != suspect]
    return max(1.0, min([factor, *(bound / bounds[suspect] for bound in others)]))


def needed_ratio(predicted: float) -> float:
    """Return what the interval must lie above."""
    return 1 + PART * (predicted - 1)


def outcome(suspect: Change, control: Change | None, predicted: float) -> tuple[str, str]:
    """Return (`confirmed`, `refuted` or `inconclusive`; why).

    Args:
        control: raising another tier; None when there is no other tier to raise.
    """
    if predicted - 1 < CONTROL_RATIO:
        return "inconclusive", "the next tier would bind at once: raising one of them cannot show anything"
    needed = needed_ratio(predicted)
    if suspect.low is None or suspect.high is None:
        return "inconclusive", "there are too few pairs"
    if suspect.high < needed:
        return "refuted", f"throughput changed by less than {needed - 1:+.0%}, half of what was predicted"
    if suspect.low <= needed:
        return "inconclusive", f"the interval holds {needed:.2f}, half of the predicted gain: more pairs, or longer windows"  # fmt: skip
    return _with_control(control)


def _with_control(control: Change | None) -> tuple[str, str]:
    if control is None:
        return "confirmed", "there is no other tier whose share could be raised as a control"
    if control.low is None or control.high is None:
        return "inconclusive", "there are too few pairs of the control"
    if control.low > 1 + CONTROL_RATIO or control.high < 1 - CONTROL_RATIO:
        return "refuted", f"the control changed throughput by {control.ratio - 1:+.1%}, too"
    if control.low < 1 - CONTROL_RATIO or control.high > 1 + CONTROL_RATIO:
        return "inconclusive", f"the control's interval is wider than ±{CONTROL_RATIO:.0%}: more pairs, or longer windows"  # fmt: skip
    return "confirmed", f"throughput rose as predicted, and the control changed it by less than {CONTROL_RATIO:.0%}"  # fmt: skip
