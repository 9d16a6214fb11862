"""What whole requests do to a figure: how exact a throughput can be that was counted in a window. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from lab.model.measurement import Measurement

COUNTED: Final = 0.5  # requests: the most that the count of a perfectly even stream spreads


def counting_ratio(measurements: Sequence[Measurement]) -> float:
    """Return the least relative spread (standard deviation) of a window's throughput; 0 when nothing succeeded.

    Three windows that end exactly 63 requests each look alike to the last digit, but that is the grid of the ruler. A
    window begins anywhere between two requests, so even a perfectly even stream is counted as k or k + 1 requests, with
    a standard deviation of at most half a request.

    Source: the variance of a Bernoulli variable, f (1 - f), is at most 1/4.
    """
    requests = [m.throughput_rps * m.duration_s for m in measurements]
    mean = sum(requests) / len(requests) if requests else 0.0
    return COUNTED / mean if mean > 0 else 0.0


def counting_log(mine: Sequence[Measurement], theirs: Sequence[Measurement]) -> float:
    """Return the least spread of the logarithm of a ratio of two windows' throughputs, one of each.

    0 for the same windows: a point against itself is exactly 1.
    """
    if list(mine) == list(theirs):
        return 0.0
    return math.hypot(counting_ratio(mine), counting_ratio(theirs))
