"""The lines and bars of a curve: means with intervals, single measurements, and what is host-bound in grey."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lab.model.measurement import Measurement
from lab.model.run import Interval, Point, Run
from lab.report.axis import Line, is_host_bound, lines, plottable
from lab.report.numbers import interval_text

Trace = dict[str, Any]
UNIT: Final = "req/s"
HOST_BOUND: Final = "host-bound: the machine is the limit"

# colour token, marker, dash of each line where there are several
LOOKS: Final = (
    ("@raw", "circle", "solid"), ("@normalised", "diamond", "dash"), ("@cache", "square", "dot"), ("@db-replica", "triangle-up", "dashdot"),
    ("@store", "star", "longdash"), ("@ideal", "cross", "longdashdot"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One way to read throughput.

    Attributes:
        side: where it stands beside the tick, so that two series do not hide each other.
    """

    name: str
    colour: str
    symbol: str
    dash: str
    side: int
    interval_of: Callable[[Point], Interval | None]
    value_of: Callable[[Measurement], float | None]


RAW: Final = Series(
    name="as measured", colour="@raw", symbol="circle", dash="solid", side=-1,
    interval_of=lambda point: point.throughput, value_of=lambda m: m.throughput_rps,
)  # fmt: skip
NORMALISED: Final = Series(
    name="speed-normalised", colour="@normalised", symbol="diamond-open", dash="dot",
    side=1, interval_of=lambda point: point.normalised, value_of=lambda m: m.normalised_rps,
)  # fmt: skip


def series_of(run: Run) -> list[tuple[Series, Line]]:
    """Return what is drawn: both readings of one line; of several lines the normalised one where every point has it."""
    found, is_offered = lines(run), run.load.get("model") == "open"  # what was offered is no matter of speed
    if len(found) == 1 and not found[0].name:
        return [(each, found[0]) for each in ((RAW,) if is_offered else (RAW, NORMALISED))]
    base = NORMALISED if not is_offered and all(p.normalised is not None for p in plottable(run)) else RAW
    return [(_look(base, line.name, i, len(found)), line) for i, line in enumerate(found)]


def _look(base: Series, name: str, i: int, count: int) -> Series:
    colour, symbol, dash = LOOKS[i % len(LOOKS)]
    return Series(
        name=name, colour=colour, symbol=symbol, dash=dash, side=2 * i - (count - 1), interval_of=base.interval_of,
        value_of=base.value_of,
    )  # fmt: skip


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
    """Return a sideways shift that keeps series at one tick from hiding each other."""
    gaps = [b - a for a, b in pairwise(sorted(set(axis.values())))]
    return share * (min(gaps) if gaps else 1.0)


def numeric_traces(run: Run, axis: Mapping[str, float]) -> list[Trace]:
    """Return every line on a numeric axis, with its single measurements; host-bound points apart and in grey."""
    traces: list[Trace] = []
    for series, line in series_of(run):
        points = [point for point in line.points if series.interval_of(point) is not None]
        if not points:
            continue
        free = [point for point in points if not is_host_bound(point)]
        bound = [point for point in points if is_host_bound(point)]
        if free:
            traces.append(_line_trace(series, free, axis))
        if bound:
            is_named = not any(trace.get("name") == HOST_BOUND for trace in traces)
            traces.append(_bound_trace(series, free[-1:], bound, axis, is_named=is_named))
        traces.append(
            _dots_trace(series, points, axis, is_named=not any(t.get("name") == _SINGLES for t in traces))
        )
    return traces


def intervals_of(series: Series, points: Sequence[Point]) -> list[Interval]:
    """Return the points' intervals, in order."""
    return [found for point in points if (found := series.interval_of(point)) is not None]


def _xs(series: Series, points: Sequence[Point], axis: Mapping[str, float]) -> list[float]:
    return [axis[point.label] + series.side * _shift(axis, 0.03) for point in points]


def _line_trace(series: Series, points: Sequence[Point], axis: Mapping[str, float]) -> Trace:
    found, colour = intervals_of(series, points), series.colour
    return {
        "type": "scatter", "mode": "lines+markers", "name": series.name, "legendgroup": series.name, "x": _xs(series, points, axis),
        "y": [each.mean for each in found], "error_y": half_widths(found),
        "marker": {"color": colour, "symbol": series.symbol, "size": 13, "line": {"width": 3, "color": colour}},
        "line": {"color": colour, "width": 3, "dash": series.dash},
        "text": [f"{point.label}: {interval_text(each, UNIT)}" for point, each in zip(points, found, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _bound_trace(
    series: Series,
    last: Sequence[Point],
    points: Sequence[Point],
    axis: Mapping[str, float],
    *,
    is_named: bool,
) -> Trace:
    """Return the host-bound points, joined to the last one that is not."""
    every = [*last, *points]
    found, grey = intervals_of(series, every), "@ideal"
    bars = half_widths(found)
    bars["array"] = [*([0.0] * len(last)), *bars["array"][len(last) :]]
    return {
        "type": "scatter", "mode": "lines+markers", "name": HOST_BOUND, "legendgroup": HOST_BOUND, "showlegend": is_named,
        "x": _xs(series, every, axis), "y": [each.mean for each in found], "error_y": {**bars, "color": grey},
        "marker": {"color": grey, "symbol": series.symbol, "size": [*([0] * len(last)), *([13] * len(points))]},
        "line": {"color": grey, "width": 2, "dash": "dot"},
        "text": [f"{point.label}: {interval_text(each, UNIT)}, host-bound" for point, each in zip(every, found, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


_SINGLES: Final = "single measurements"


def _dots_trace(
    series: Series, points: Sequence[Point], axis: Mapping[str, float], *, is_named: bool
) -> Trace:
    step = series.side * _shift(axis, 0.09)
    return dots(series, [(point, axis[point.label] + step) for point in points], is_named=is_named)


def dots(
    series: Series, places: Sequence[tuple[Point, float | str]], *, is_named: bool, colour: str = ""
) -> Trace:
    found = [
        (point, place, m.block, value)
        for point, place in places
        for m in point.valid
        if (value := series.value_of(m)) is not None
    ]
    return {
        "type": "scatter", "mode": "markers", "name": _SINGLES, "legendgroup": series.name, "showlegend": is_named,
        "x": [place for _, place, _, _ in found], "y": [value for *_, value in found],
        "text": [f"{point.label}, block {block}" for point, _, block, _ in found], "hovertemplate": "%{text}: %{y:.1f} req/s<extra></extra>",
        "marker": {
            "color": colour or ["@ideal" if is_host_bound(point) else series.colour for point, *_ in found],
            "symbol": f"{series.symbol.removesuffix('-open')}-open", "size": 8,
        },
    }  # fmt: skip
