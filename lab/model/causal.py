"""What may be said about one ratio: a cause, no difference, or not enough evidence. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from lab.model.differences import Difference
from lab.model.ratio import Ratio

SAME, CAUSE, NOT_SHOWN, WITHHELD, NOT_COMPARABLE = "same", "cause", "not-shown", "withheld", "not-comparable"
_TIMES: Final = "\N{MULTIPLICATION SIGN}"
_NARROW: Final = 0.02  # an interval narrower than this gets a third decimal


def judge(
    ratio: Ratio | None,
    factors: Sequence[Difference],
    *,
    is_blocked: bool,
    noise_ratio: float | None,
    place: str = "",
) -> tuple[str, str]:
    """Return (kind, sentence) for one ratio.

    Args:
        is_blocked: two things changed, or a gate failed: no sentence may name a cause.
        noise_ratio: this machine's noise floor, .02 = equal measurements differ by up to 2 %; None = not known.
        place: ` at 4`, where there are several points.
    """
    if ratio is None:
        return NOT_COMPARABLE, f"no valid measurement on both sides{place}"
    said = ratio_words(ratio)
    if is_blocked:
        names = "; ".join(factor.words for factor in factors) or "nothing"
        return NOT_COMPARABLE, f"not causal{place}: throughput {said}, with this changed: {names}"
    if not factors:
        return SAME, f"A/A: no difference expected{place}; measured {said}{_surprise(ratio, noise_ratio)}"
    return _of_factor(factors[0].words + place, ratio, said, noise_ratio)


def _of_factor(factor: str, ratio: Ratio, said: str, noise_ratio: float | None) -> tuple[str, str]:
    if ratio.low is None:
        return WITHHELD, f"{factor}: throughput {said}; too few windows for an interval: --repeat 5"
    if not ratio.excludes_1:
        return NOT_SHOWN, f"{factor}: no difference shown, {said}: the interval holds 1"
    if noise_ratio is None:
        return WITHHELD, f"{factor}: throughput {said}; no A/A run of this machine, so no cause is named"
    if abs(math.log(ratio.ratio)) <= math.log1p(noise_ratio):
        floor = f"{100 * noise_ratio:.1f} %"
        return (
            NOT_SHOWN,
            f"{factor}: no difference shown, {said}: equal measurements here differ by up to {floor}",
        )
    return CAUSE, f"{factor} {'raised' if ratio.ratio > 1 else 'lowered'} throughput {said}"


def ratio_words(ratio: Ratio) -> str:
    """Return a ratio with the ends of its interval: `1.98 (1.93..2.04)` behind a multiplication sign."""
    if ratio.low is None or ratio.high is None:
        return f"{_TIMES}{ratio.ratio:.2f}"
    digits = 3 if ratio.high - ratio.low < _NARROW else 2
    return f"{_TIMES}{ratio.ratio:.{digits}f} ({ratio.low:.{digits}f}..{ratio.high:.{digits}f})"


def _surprise(ratio: Ratio, noise_ratio: float | None) -> str:
    if not ratio.excludes_1:
        return ""
    known = f" (known: {100 * noise_ratio:.1f} %)" if noise_ratio is not None else ""
    return f", and the interval excludes 1: chance in one of 20 pairs, else this machine's noise{known}"
