"""Small-sample statistics of throughput and latency: Student's t, and BCa bootstrap intervals. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Final

from lab.model.run import Interval

MIN_BOOTSTRAP: Final = 10  # values; below, a bootstrap interval is too narrow
RESAMPLES: Final = 2000
_EXACT_BELOW: Final = 200  # degrees of freedom; from there an expansion is exact to seven digits
_NORMAL: Final = NormalDist()


def _t_within(t: float, degrees: int) -> float:
    """Return the probability that Student's t lies within -t..t.

    Source: Abramowitz and Stegun, 26.7.3 and 26.7.4: a finite sum for whole degrees of freedom.
    """
    angle = math.atan(t / math.sqrt(degrees))
    square = math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + odd, degrees - 1, 2):
        term *= square * (k - 1) / k
        total += term
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


@lru_cache(maxsize=1024)
def t_quantile(probability: float, degrees: int) -> float:
    """Return the quantile of Student's t for whole degrees of freedom; probability from .5 to 1, both excluded.

    Source: bisection of the exact distribution; from 200 degrees on the Cornish-Fisher expansion.
    """
    if degrees >= _EXACT_BELOW:
        z = _NORMAL.inv_cdf(probability)
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    low, high = 0.0, 1.0
    while _t_within(high, degrees) < 2 * probability - 1:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_within(middle, degrees) < 2 * probability - 1 else (low, middle)
    return high


def t_975(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t."""
    return t_quantile(0.975, degrees)


def interval(values: Sequence[float], *, least_spread: float = 0.0) -> Interval | None:
    """Return the mean and the 95 % t half-width; None for no values.

    Args:
        least_spread: standard deviation that one value has at least, by the way in which it is measured
            (`lab.model.counting`); a few equal values do not make an interval narrower than that.

    Source: Student's t for the mean of n independent blocks.
    """
    n = len(values)
    if n == 0:
        return None
    mean = sum(values) / n
    if n == 1:
        return Interval(mean=mean, half_width=None, n=1)
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    spread = max(math.sqrt(variance), least_spread)
    return Interval(mean=mean, half_width=t_975(n - 1) * spread / math.sqrt(n), n=n)


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 for no values."""
    return sum(values) / len(values) if values else 0.0


def median(values: Sequence[float]) -> float:
    """Return the median; of an even number of values the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def bca(
    values: Sequence[float],
    statistic: Callable[[Sequence[float]], float] = median,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Return the 95 % BCa bootstrap interval of a statistic of independent values; None below ten of them.

    Source: Efron, "Better bootstrap confidence intervals", JASA 1987: bias from the share of resamples below the
    estimate, acceleration from the jackknife.
    """
    n = len(values)
    if n < MIN_BOOTSTRAP:
        return None
    chance = random.Random(seed)  # noqa: S311 - an interval that can be made again, not a secret
    found = sorted(statistic(chance.choices(values, k=n)) for _ in range(resamples))
    estimate = statistic(values)
    below = sum(value < estimate for value in found) + sum(value == estimate for value in found) / 2
    bias = _NORMAL.inv_cdf(min(max(below / resamples, 1 / resamples), 1 - 1 / resamples))
    acceleration = _acceleration(values, statistic)

    def end(probability: float) -> float:
        z = bias + _NORMAL.inv_cdf(probability)
        share = _NORMAL.cdf(bias + z / (1 - acceleration * z))
        return found[min(resamples - 1, max(0, math.floor(share * resamples)))]

    return end(0.025), end(0.975)


def _acceleration(values: Sequence[float], statistic: Callable[[Sequence[float]], float]) -> float:
    left_out = [statistic([*values[:i], *values[i + 1 :]]) for i in range(len(values))]
    centre = mean(left_out)
    squares = sum((centre - value) ** 2 for value in left_out)
    return sum((centre - value) ** 3 for value in left_out) / (6 * squares**1.5) if squares > 0 else 0.0
