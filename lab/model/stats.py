"""Small-sample statistics of throughput and latency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from lab.model.run import Interval

# Two-sided 95 % quantiles of Student's t by degrees of freedom. Source: any table; scipy.stats.t.ppf(.975, df).
_T_975: Final = {
    1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 5: 2.5706, 6: 2.4469, 7: 2.3646, 8: 2.3060, 9: 2.2622, 10: 2.2281,
    11: 2.2010, 12: 2.1788, 13: 2.1604, 14: 2.1448, 15: 2.1314, 16: 2.1199, 17: 2.1098, 18: 2.1009, 19: 2.0930,
    20: 2.0860, 24: 2.0639, 29: 2.0452,
}  # fmt: skip


def t_975(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t; between tabulated degrees the wider of the two neighbours.

    Source: table below 30 degrees, from there the Cornish-Fisher expansion (within 0.0002).
    """
    if degrees < 30:
        return _T_975[max(df for df in _T_975 if df <= degrees)]
    z = 1.959964
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def interval(values: Sequence[float]) -> Interval | None:
    """Return the mean and the 95 % t half-width; None for no values.

    Source: Student's t for the mean of n independent blocks.
    """
    n = len(values)
    if n == 0:
        return None
    mean = sum(values) / n
    if n == 1:
        return Interval(mean=mean, half_width=None, n=1)
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    return Interval(mean=mean, half_width=t_975(n - 1) * math.sqrt(variance / n), n=n)


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 for no values."""
    return sum(values) / len(values) if values else 0.0
