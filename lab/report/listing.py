"""What a list of runs says about each."""

from __future__ import annotations

from lab.model.run import Run
from lab.report.axis import plottable
from lab.report.numbers import NOTHING, mean_and_half_width, plain


def age(seconds: float) -> str:
    """Return how long ago something was, in one unit: `40 s`, `3 min`, `2 h`, `5 d`."""
    for limit, size, unit in ((100, 1, "s"), (6000, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{max(0.0, seconds) / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def throughput_cell(run: Run) -> str:
    """Return a run's throughput for a list: `241 ± 6 req/s`, or from first to best for a sweep."""
    points = [point for point in plottable(run) if point.throughput]
    if not points:
        return NOTHING
    if len(points) == 1:
        return f"{mean_and_half_width(points[0].throughput)} req/s"
    best = max(p.throughput.mean for p in points if p.throughput)
    return f"{plain(points[0].throughput.mean if points[0].throughput else None)} → {plain(best)} req/s"
