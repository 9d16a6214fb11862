"""Whether a window is in a steady state: MSER-5 on throughput, latency and cache hits, and how much it matters. Pure.

MSER-5 alone raises false alarms: on a steady series it cuts at the half, which means "none found", in 2 to 20 of 100
windows (simulated). So a cut counts only when what lies before it moves the window's mean by more than a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lab.model.measurement import Second, Steady
from lab.model.stats import mean

BATCH: Final = 5  # values in a batch: the 5 of MSER-5
MIN_BATCHES: Final = 10  # shorter windows get smaller batches, so that ten are left to choose from
MIN_SECONDS: Final = 12  # below it, chance moves the mean as much as the bound
# Simulated windows with the noise of a saturated lab (throughput: spread 10 % from second to second, autocorrelation
# 0.3; latency: 7 % and 0.75). False alarms in 3,000 steady ones of 12, 20, 30, 60 s: 0.7, 0.2, 0.0, 0.0 %; with a
# latency that wanders (9 %, 0.85): 1.3, 0.9, 1.3, 0.3 %. Windows that grew over their first half were found, from half
# of the final throughput: over 99 %; from 70 %: 4 in 10, and those are off by 7 %.
MAX_SHIFT_RATIO: Final = 0.10  # of the mean
MAX_HIT_RATIO_SHIFT: Final = 0.05  # of all look-ups: a share has no unit of its own
_HITS: Final = "the cache's hit ratio"
_REMEDY: Final = "use a longer --duration, or a larger warmup_s in the scenario"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where a series becomes steady.

    Attributes:
        start_s: seconds to leave out; None when the best cut is at the half, so that no steady state was found.
        shift: mean of the whole series minus mean of the steady part.
        steady_mean: mean of the steady part.
    """

    start_s: float | None
    shift: float
    steady_mean: float


def mser(values: Sequence[float], batch: int = BATCH) -> tuple[int, float]:
    """Return (batches to cut off, the statistic there) of the marginal standard error rule, at most half of them.

    d* = argmin over d <= n/2 of sum((Y_i - mean)^2 for i > d) / (n - d)^2, Y being means of batches.

    Source: White, Cobb & Spratt, WSC 2000.
    """
    whole = len(values) // batch
    means = [mean(values[i * batch : (i + 1) * batch]) for i in range(whole)]
    scores = [_marginal_error(means[d:]) for d in range(whole // 2 + 1)]
    return min(enumerate(scores), key=lambda pair: pair[1])


def _marginal_error(tail: Sequence[float]) -> float:
    centre = mean(tail)
    return sum((value - centre) ** 2 for value in tail) / len(tail) ** 2


def batch_of(seconds: int) -> int:
    """Return the values per batch for a window: 5 as MSER-5 has it, fewer where that would leave fewer than ten."""
    return max(1, min(BATCH, seconds // MIN_BATCHES))


def cut_of(values: Sequence[float]) -> Cut:
    """Return where a series of one value a second becomes steady; it has at least `MIN_SECONDS` values."""
    batch = batch_of(len(values))
    batches, _ = mser(values, batch)
    tail = mean(values[batches * batch :])
    return Cut(
        start_s=None if batches >= len(values) // batch // 2 else float(batches * batch),
        shift=mean(values) - tail,
        steady_mean=tail,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found in one window: the cuts, why it is not steady, and what could not be judged.

    Attributes:
        is_filling: the cache was still filling; the same window, measured again, may be without that.
    """

    steady: Steady | None
    problem: str = ""
    is_filling: bool = False
    warning: str = ""


def judge_steady(window: Sequence[Second], hit_ratios: Sequence[float]) -> Judged:
    """Judge one window.

    Args:
        window: its seconds.
        hit_ratios: the cache's share of hits, one value a second; empty without a cache.
    """
    throughput = [second.throughput_rps for second in window]
    latency = [second.mean_ms for second in window if second.mean_ms > 0]
    if min(len(throughput), len(latency)) < MIN_SECONDS:
        return Judged(
            steady=None,
            warning=f"steady state: cannot be judged from a window of {len(window)} s (at least {MIN_SECONDS})",
        )
    cuts = {"throughput": cut_of(throughput), "latency": cut_of(latency)}
    if len(hit_ratios) >= MIN_SECONDS:
        cuts[_HITS] = cut_of(hit_ratios)
    hits = cuts.get(_HITS)
    return Judged(
        steady=Steady(
            throughput_s=cuts["throughput"].start_s,
            latency_s=cuts["latency"].start_s,
            hit_ratio_s=hits.start_s if hits else None,
        ),
        problem="; ".join(text for name, cut in cuts.items() if (text := _problem(name, cut))),
        is_filling=bool(hits and _problem(_HITS, hits)),
    )


def _problem(name: str, cut: Cut) -> str:
    is_share = name == _HITS
    shift = cut.shift if is_share else cut.shift / cut.steady_mean if cut.steady_mean else 0.0
    bound = MAX_HIT_RATIO_SHIFT if is_share else MAX_SHIFT_RATIO
    if abs(shift) <= bound:
        return ""
    where = "its whole first half" if cut.start_s is None else f"its first {cut.start_s:.0f} s"
    return (
        f"steady state: {name} was still changing in {where}, which moved its mean by {shift:+.0%}"
        f" (at most {bound:.0%}): {_REMEDY}"
    )
