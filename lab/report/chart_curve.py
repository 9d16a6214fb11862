"""The curve: throughput against the factor that varied, with its spread, the ideal line and the host-bound region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.model.run import Run
from lab.report.axis import (
    factor_words,
    host_bound_span,
    is_host_bound,
    lines,
    numeric_axis,
    place_word,
    plottable,
)
from lab.report.chart_bars import bar_traces
from lab.report.chart_traces import Trace, numeric_traces
from lab.report.numbers import short

Figure = Mapping[str, Any]
_REGION: Final = "host-bound"


def ideal_line(run: Run, axis: Mapping[str, float]) -> tuple[list[float], list[float]] | None:
    """Return (x, y) of ideal-linear growth from the first valid point, speed-normalised where all are.

    None where a multiple of it has no meaning.
    """
    points = plottable(run)
    if len(axis) < 2 or not points or axis[points[0].label] <= 0 or points[0].throughput is None:
        return None
    if run.kind == "capacity" or len(lines(run)) > 1:
        return None
    is_normalised = all(point.normalised is not None for point in points)
    first = points[0].normalised if is_normalised and points[0].normalised else points[0].throughput
    first_x, first_y = axis[points[0].label], first.mean
    xs = sorted(x for x in axis.values() if x >= first_x)
    return xs, [first_y * x / first_x for x in xs]


def top_of(run: Run, axis: Mapping[str, float]) -> float:
    """Return the upper end of the plot: all that was measured, and the ideal line as far as it leaves that readable."""
    found = [p.throughput.mean + (p.throughput.half_width or 0.0) for p in plottable(run) if p.throughput]
    singles = [max(m.throughput_rps, m.normalised_rps or 0.0) for p in plottable(run) for m in p.valid]
    line = ideal_line(run, axis)
    highest = max([*found, *singles, 1e-9])
    return 1.06 * min(max([highest, *(line[1] if line else [])]), 1.6 * highest)


def _ideal_trace(run: Run, axis: Mapping[str, float]) -> list[Trace]:
    line = ideal_line(run, axis)
    if line is None:
        return []
    return [
        {
            "type": "scatter", "mode": "lines", "name": "ideal: in proportion to the first point", "x": line[0], "y": line[1],
            "line": {"color": "@ideal", "width": 2, "dash": "dash"}, "hovertemplate": "ideal: %{y:.1f} req/s<extra></extra>",
        }
    ]  # fmt: skip


def x_axis(run: Run) -> dict[str, Any]:
    """Return the axis of the factor: numbers at their places, words in their order."""
    axis = numeric_axis(run)
    title = {"text": factor_words(run)}
    if axis is None:
        return {
            "title": title,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": list(dict.fromkeys(place_word(run, p) for p in run.points)),
        }
    low, high = min(axis.values()), max(axis.values())
    margin = 0.06 * (high - low) or 0.5
    return {
        "title": title, "type": "linear", "tickvals": sorted(set(axis.values())), "ticktext": [short(place) for place in sorted(set(axis.values()))], "range": [low - margin, high + margin],
    }  # fmt: skip


def grey_region(run: Run, axis: Mapping[str, float] | None, right: float) -> tuple[list[Trace], list[Trace]]:
    """Return (shapes, annotations) of the part of the plot where the machine is the limit and no tier.

    Args:
        right: the right end of a numeric axis.
    """
    spans: list[tuple[float, float]] = []
    if axis:
        span = host_bound_span(run, axis)
        spans = [(span[0], right)] if span else []
    else:
        words = list(dict.fromkeys(place_word(run, point) for point in run.points))
        bound = {place_word(run, point) for point in run.points if is_host_bound(point)}
        spans = [(i - 0.5, i + 0.5) for i, word in enumerate(words) if word in bound]
    shapes: list[Trace] = [
        {"type": "rect", "xref": "x", "yref": "paper", "x0": x0, "x1": x1, "y0": 0, "y1": 1, "fillcolor": "@shade", "line": {"width": 0}, "layer": "below"}
        for x0, x1 in spans
    ]  # fmt: skip
    notes: list[Trace] = [
        {"xref": "x", "yref": "paper", "x": (x0 + x1) / 2, "y": 0.02, "yanchor": "bottom", "text": _REGION, "showarrow": False}
        for x0, x1 in spans
    ]  # fmt: skip
    return shapes, notes


def curve_figure(run: Run) -> Figure:
    """Return throughput against the factor: a curve for numbers, bars for words. Needs one plottable point.

    Only valid measurements are in it. Bars and curve start at zero, so heights may be compared.
    """
    axis = numeric_axis(run)
    data = [*_ideal_trace(run, axis), *numeric_traces(run, axis)] if axis else bar_traces(run)
    x = x_axis(run)
    shapes, notes = grey_region(run, axis, x["range"][1] if axis else 0.0)
    return {
        "data": data,
        "layout": {
            "xaxis": x,
            "yaxis": {"title": {"text": "successful requests per second"}, "range": [0, top_of(run, axis or {})]},
            "barmode": "group", "scattermode": "group" if axis is None else "overlay", "bargap": 0.25, "bargroupgap": 0.06,
            "shapes": shapes, "annotations": notes,
        },
    }  # fmt: skip
