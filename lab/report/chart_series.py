"""One measurement second by second, with what happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lab.model.measurement import Measurement, Second
from lab.report.chart_curve import Figure
from lab.report.chart_traces import Trace

_PHASES: Final = {"ramp": "users start", "warmup": "warm-up, not counted", "measure": "measured"}
_AXES: Final = ("yaxis", "yaxis2", "yaxis3")  # from the top
_GAP: Final = 0.08  # between panels, as a share of the height


def since_start(series: Sequence[Second]) -> list[float]:
    """Return each second's place, 0 for the first one."""
    return [round(second.t_s - series[0].t_s, 3) for second in series]


def phases(series: Sequence[Second]) -> list[tuple[str, float, float]]:
    """Return (phase, start, end) of each stretch, in seconds since the first one."""
    found: list[tuple[str, float, float]] = []
    for second, t in zip(series, since_start(series), strict=True):
        if found and found[-1][0] == second.phase:
            found[-1] = (second.phase, found[-1][1], t + 0.5)
        else:
            found.append((second.phase, found[-1][2] if found else t - 0.5, t + 0.5))
    return found


def has_hits(series: Sequence[Second]) -> bool:
    """Say whether the cache's share of hits was seen in any second."""
    return any(second.hit_ratio is not None for second in series)


def _shading(series: Sequence[Second]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    shapes, words = [], []
    for phase, start, end in phases(series):
        if phase != "measure":
            shapes.append(
                {
                    "type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1, "fillcolor": "@shade",
                    "line": {"width": 0}, "layer": "below",
                }
            )  # fmt: skip
        words.append(
            {
                "name": "phase", "xref": "x", "yref": "paper", "x": start, "xanchor": "left", "xshift": 4, "y": 1, "yanchor": "bottom",
                "text": _PHASES.get(phase, phase) if end - start > 2 else "", "showarrow": False,
            }
        )  # fmt: skip
    return shapes, words


def _at(x: float, words: str, y: float) -> tuple[Trace, Trace]:
    """Return the line through all panels, and its words at a height where no curve is, of something that happened."""
    line: Trace = {
        "type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1,
        "line": {"color": "@ideal", "width": 2, "dash": "dot"},
    }  # fmt: skip
    word: Trace = {
        "xref": "x", "yref": "paper", "x": x, "xanchor": "left", "xshift": 4, "y": y, "yanchor": "middle", "text": words, "showarrow": False,
    }  # fmt: skip
    return line, word


def _events(m: Measurement, lifted_s: float, gaps: Sequence[float]) -> list[tuple[Trace, Trace]]:
    """Return when the CPU quotas came back, and where the last series became steady if the window began earlier."""
    found = (
        [_at(lifted_s - 1, "CPU quotas back", gaps[0])] if lifted_s > 0 else []
    )  # the first second ends at 0
    begin_s = next((start for phase, start, _ in phases(m.series) if phase == "measure"), None)
    cuts = [] if m.steady is None else [m.steady.throughput_s, m.steady.latency_s, m.steady.hit_ratio_s]
    steady_s = max((cut for cut in cuts if cut is not None), default=0.0)
    if begin_s is not None and steady_s > 0:
        found.append(_at(begin_s + steady_s, "steady from here", gaps[-1]))
    return found


def series_figure(measurement: Measurement, lifted_s: float = 0.0) -> Figure:
    """Return throughput above p95 above the cache's hits, where there were any, per second; shaded until the window.

    Args:
        lifted_s: how long the CPU quotas were lifted, from the start on; 0 = never.
    """
    series = measurement.series
    panels: list[tuple[str, dict[str, Any]]] = [
        ("requests/s", {"rangemode": "tozero"}),
        ("p95, ms", {"rangemode": "tozero"}),
    ]
    if has_hits(series):
        panels.append(("cache hits, %", {"range": [0, 105], "dtick": 50}))
    places = _places(len(panels))
    shapes, words = _shading(series)
    for line, word in _events(measurement, lifted_s, [low - _GAP / 2 for low, _ in places[:-1]]):
        shapes, words = [*shapes, line], [*words, word]
    axes = {
        axis: {"title": {"text": title}, "domain": list(place), "anchor": "x", **more}
        for axis, (title, more), place in zip(_AXES, panels, places, strict=False)
    }
    axis_x = {"title": {"text": "seconds since the start"}, "anchor": f"y{len(panels)}"}
    return {
        "data": _traces(series),
        "layout": {"xaxis": axis_x, **axes, "shapes": shapes, "annotations": words},
    }


def _places(count: int) -> list[tuple[float, float]]:
    """Return the lower and upper end of panels of equal height, the first on top."""
    height = (1 - _GAP * (count - 1)) / count
    lows = [(height + _GAP) * i for i in reversed(range(count))]
    return [(round(low, 3), round(low + height, 3)) for low in lows]


def _traces(series: Sequence[Second]) -> list[Trace]:
    x = since_start(series)
    failed = [(t, s) for t, s in zip(x, series, strict=True) if s.failures]
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "lines+markers", "name": "throughput", "x": x, "y": [s.throughput_rps for s in series],
            "line": {"color": "@raw", "width": 3}, "marker": {"symbol": "circle", "size": 6}, "hovertemplate": "%{x} s: %{y:.1f} req/s<extra></extra>",
        },
        {
            "type": "scatter", "mode": "lines+markers", "name": "p95", "x": x, "y": [s.p95_ms for s in series], "yaxis": "y2",
            "line": {"color": "@p95", "width": 3, "dash": "dash"}, "marker": {"symbol": "square", "size": 6},
            "hovertemplate": "%{x} s: p95 %{y:.0f} ms<extra></extra>",
        },
    ]  # fmt: skip
    if has_hits(series):
        traces.append(_hits(x, series))
    if failed:
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": "failed requests in this second", "x": [t for t, _ in failed], "y": [s.throughput_rps for _, s in failed],
                "marker": {"symbol": "x", "size": 14, "color": "@bad"}, "text": [f"{s.failures} failed" for _, s in failed], "hovertemplate": "%{x} s: %{text}<extra></extra>",
            }
        )  # fmt: skip
    return traces


def _hits(x: Sequence[float], series: Sequence[Second]) -> Trace:
    return {
        "type": "scatter", "mode": "lines+markers", "name": "cache hits", "x": list(x), "yaxis": "y3", "connectgaps": False,
        "y": [None if s.hit_ratio is None else round(100 * s.hit_ratio, 2) for s in series],
        "line": {"color": "@cache", "width": 3, "dash": "dot"}, "marker": {"symbol": "diamond", "size": 6},
        "hovertemplate": "%{x} s: %{y:.1f} % hits<extra></extra>",
    }  # fmt: skip
