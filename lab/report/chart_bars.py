"""The bars of a curve whose factor is made of words: one group for each word."""

from __future__ import annotations

from collections.abc import Sequence

from lab.model.run import Point, Run
from lab.report.axis import is_host_bound, place_word, plottable
from lab.report.chart_traces import UNIT, Series, Trace, dots, half_widths, intervals_of, series_of
from lab.report.numbers import interval_text, plain, times
from lab.report.speed_up import speed_up


def bar_traces(run: Run) -> list[Trace]:
    """Return bars for a factor made of words: one group for each word."""
    traces: list[Trace] = []
    base = plottable(run)[0]
    for i, (series, line) in enumerate(series_of(run)):
        points = [point for point in line.points if series.interval_of(point) is not None]
        if not points:
            continue
        traces.append(_bar_trace(run, series, points, base, i))
        places: list[tuple[Point, float | str]] = [(point, place_word(run, point)) for point in points]
        traces.append({**dots(series, places, is_named=i == 0, colour="@text"), "offsetgroup": series.name})
    return traces


def _bar_trace(run: Run, series: Series, points: Sequence[Point], base: Point, i: int) -> Trace:
    found = intervals_of(series, points)
    is_worded = i == 0 or bool(run.second_factor)
    ups = [speed_up(point, base) for point in points]
    return {
        "type": "bar", "name": series.name, "offsetgroup": series.name, "legendgroup": series.name,
        "x": [place_word(run, point) for point in points], "y": [each.mean for each in found],
        "error_y": {**half_widths(found), "color": "@text"},
        "marker": {
            "color": ["@ideal" if is_host_bound(point) else series.colour for point in points],
            "pattern": {"shape": ("", "/", ".", "x", "-", "\\")[i % 6], "fgcolor": "@paper", "fillmode": "overlay", "size": 9},
        },
        "text": [f"{plain(each.mean)} · {times(up.ratio if up else None)}" if is_worded else "" for each, up in zip(found, ups, strict=True)],
        "textposition": "inside", "insidetextanchor": "start", "insidetextfont": {"color": "@paper", "size": 16}, "textangle": -90,
        "hovertext": [f"{point.label}: {interval_text(each, UNIT)}" for point, each in zip(points, found, strict=True)],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip
