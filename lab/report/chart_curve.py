"""The curve: throughput against the factor that varied, with its spread, its single blocks and the ideal line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from lab.model.run import Interval, Measurement, Point, Run
from lab.report.facts import factor_words, numeric_axis, plottable, speed_up
from lab.report.numbers import interval_text, plain, times

Figure = Mapping[str, Any]
Trace = dict[str, Any]

_UNIT: Final = "req/s"
_RAW: Final = "as measured"
_NORMALISED: Final = "speed-normalised (drift of the CPU's speed divided out)"


def _raw(measurement: Measurement) -> float | None:
    return measurement.throughput_rps


def _normalised(measurement: Measurement) -> float | None:
    return measurement.normalised_rps


# name, colour token, marker, dash, side of the tick, interval of a point, value of a measurement
_SERIES: Final[
    tuple[
        tuple[
            str, str, str, str, int, Callable[[Point], Interval | None], Callable[[Measurement], float | None]
        ],
        ...,
    ]
] = (
    (_RAW, "@raw", "circle", "solid", -1, lambda point: point.throughput, _raw),
    (_NORMALISED, "@normalised", "diamond-open", "dot", 1, lambda point: point.normalised, _normalised),
)


def half_widths(intervals: Sequence[Interval]) -> dict[str, Any]:
    """Return Plotly's error bars; a single block has none."""
    return {
        "type": "data",
        "array": [found.half_width or 0.0 for found in intervals],
        "visible": True,
        "thickness": 2,
        "width": 7,
    }


def _shift(axis: Mapping[str, float], share: float) -> float:
    """Return a sideways shift that keeps two series at one tick from hiding each other."""
    places = sorted(axis.values())
    gaps = [b - a for a, b in pairwise(places) if b > a]
    return share * (min(gaps) if gaps else 1.0)


def _dots(
    points: Sequence[Point], xs: Sequence[object], pick: Callable[[Measurement], float | None]
) -> tuple[list[object], list[float], list[str]]:
    x, y, words = [], [], []
    for point, place in zip(points, xs, strict=True):
        for measurement in point.valid:
            value = pick(measurement)
            if value is not None:
                x.append(place)
                y.append(value)
                words.append(f"{point.label}, block {measurement.block}")
    return x, y, words


def _numeric_traces(run: Run, axis: Mapping[str, float]) -> list[Trace]:
    traces: list[Trace] = []
    for name, colour, symbol, dash, side, interval_of, pick in _SERIES:
        pairs = [(point, found) for point in plottable(run) if (found := interval_of(point)) is not None]
        if not pairs:
            continue
        points = [point for point, _ in pairs]
        xs = [axis[point.label] + side * _shift(axis, 0.03) for point in points]
        outer: list[object] = [axis[point.label] + side * _shift(axis, 0.09) for point in points]
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": name, "legendgroup": name, "x": xs,
                "y": [found.mean for _, found in pairs], "error_y": half_widths([found for _, found in pairs]),
                "marker": {"color": colour, "symbol": symbol, "size": 13, "line": {"width": 3, "color": colour}}, "line": {"color": colour, "width": 3, "dash": dash},
                "text": [f"{point.label}: {interval_text(found, _UNIT)}" for point, found in pairs], "hovertemplate": "%{text}<extra></extra>",
            }
        )  # fmt: skip
        traces.append(_block_trace(name, colour, symbol, _dots(points, outer, pick)))
    return traces


def _block_trace(
    name: str, colour: str, symbol: str, dots: tuple[list[object], list[float], list[str]]
) -> Trace:
    x, y, words = dots
    return {
        "type": "scatter", "mode": "markers", "name": "single measurements", "legendgroup": name, "showlegend": symbol == "circle", "x": x, "y": y,
        "text": words, "hovertemplate": "%{text}: %{y:.1f} req/s<extra></extra>", "marker": {"color": colour, "symbol": f"{symbol.removesuffix('-open')}-open", "size": 8},
    }  # fmt: skip


def ideal_line(run: Run, axis: Mapping[str, float]) -> tuple[list[float], list[float]] | None:
    """Return (x, y) of ideal-linear growth from the first valid point; None where a multiple of it has no meaning."""
    points = plottable(run)
    if len(axis) < 2 or not points or axis[points[0].label] <= 0 or points[0].throughput is None:
        return None
    first_x, first_y = axis[points[0].label], points[0].throughput.mean
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


def _bar_traces(run: Run) -> list[Trace]:
    traces: list[Trace] = []
    base = plottable(run)[0]
    for name, colour, symbol, _, _, interval_of, pick in _SERIES:
        pairs = [(point, found) for point in plottable(run) if (found := interval_of(point)) is not None]
        if not pairs:
            continue
        labels: list[object] = [point.label for point, _ in pairs]
        is_raw = pick is _raw
        ups = [speed_up(point, base) for point, _ in pairs]
        traces.append(
            {
                "type": "bar", "name": name, "offsetgroup": name, "legendgroup": name, "x": labels, "y": [found.mean for _, found in pairs],
                "error_y": {**half_widths([found for _, found in pairs]), "color": "@text"},
                "marker": {"color": colour, "pattern": {"shape": "" if is_raw else "/", "fgcolor": "@paper", "fillmode": "overlay", "size": 9}},
                "text": [f"{plain(found.mean)}<br>{times(up.ratio if up else None)}" if is_raw else "" for (_, found), up in zip(pairs, ups, strict=True)],
                "textposition": "inside", "insidetextanchor": "start", "insidetextfont": {"color": "@paper", "size": 22}, "textangle": 0,
                "hovertext": [f"{point.label}: {interval_text(found, _UNIT)}" for point, found in pairs], "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )  # fmt: skip
        dots = _block_trace(
            name, "@text", "circle" if is_raw else symbol, _dots([p for p, _ in pairs], labels, pick)
        )
        traces.append({**dots, "offsetgroup": name, "showlegend": is_raw})
    return traces


def x_axis(run: Run) -> dict[str, Any]:
    """Return the axis of the factor: numbers at their places, words in their order."""
    axis = numeric_axis(run)
    title = {"text": factor_words(run)}
    if axis is None:
        return {
            "title": title,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": [p.label for p in run.points],
        }
    low, high = min(axis.values()), max(axis.values())
    margin = 0.06 * (high - low) or 0.5
    return {
        "title": title, "type": "linear", "tickvals": list(axis.values()), "ticktext": list(axis), "range": [low - margin, high + margin],
    }  # fmt: skip


def curve_figure(run: Run) -> Figure:
    """Return throughput against the factor: a curve for numbers, bars for words. Needs one plottable point.

    Only valid measurements are in it. Bars and curve start at zero, so heights may be compared.
    """
    axis = numeric_axis(run)
    data = [*_ideal_trace(run, axis), *_numeric_traces(run, axis)] if axis else _bar_traces(run)
    return {
        "data": data,
        "layout": {
            "xaxis": x_axis(run),
            "yaxis": {"title": {"text": "successful requests per second"}, "range": [0, top_of(run, axis or {})]},
            "barmode": "group", "scattermode": "group" if axis is None else "overlay", "bargap": 0.25, "bargroupgap": 0.06,
        },
    }  # fmt: skip
