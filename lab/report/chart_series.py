"""One measurement second by second, and one by page kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lab.model.run import Measurement, Second
from lab.report.chart_curve import Figure
from lab.report.numbers import short, with_unit

_PHASES: Final = {"ramp": "users start", "warmup": "warm-up, not counted", "measure": "measured"}


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
                "xref": "x", "yref": "paper", "x": start, "xanchor": "left", "xshift": 4, "y": 1, "yanchor": "bottom",
                "text": _PHASES.get(phase, phase) if end - start > 2 else "", "showarrow": False,
            }
        )  # fmt: skip
    return shapes, words


def _lift(lifted_s: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the line, and its words, at which the CPU quotas are back."""
    at = lifted_s - 1  # the first second of a series ends at 0
    line = {
        "type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1,
        "line": {"color": "@ideal", "width": 2, "dash": "dot"},
    }  # fmt: skip
    word = {
        "xref": "x", "yref": "paper", "x": at, "xanchor": "left", "xshift": 4, "y": 0.5, "text": "CPU quotas back", "showarrow": False,
    }  # fmt: skip
    return line, word


def series_figure(measurement: Measurement, lifted_s: float = 0.0) -> Figure:
    """Return throughput above p95, per second, with everything before the window shaded.

    Args:
        lifted_s: how long the CPU quotas were lifted, from the start on; 0 = never.
    """
    series = measurement.series
    x = since_start(series)
    shapes, words = _shading(series)
    if lifted_s > 0:
        line, word = _lift(lifted_s)
        shapes, words = [*shapes, line], [*words, word]
    top = {
        "type": "scatter", "mode": "lines+markers", "name": "throughput", "x": x, "y": [s.throughput_rps for s in series],
        "line": {"color": "@raw", "width": 3}, "marker": {"symbol": "circle", "size": 6}, "hovertemplate": "%{x} s: %{y:.1f} req/s<extra></extra>",
    }  # fmt: skip
    low = {
        "type": "scatter", "mode": "lines+markers", "name": "p95", "x": x, "y": [s.p95_ms for s in series], "yaxis": "y2",
        "line": {"color": "@p95", "width": 3, "dash": "dash"}, "marker": {"symbol": "square", "size": 6},
        "hovertemplate": "%{x} s: p95 %{y:.0f} ms<extra></extra>",
    }  # fmt: skip
    failed = [(t, s) for t, s in zip(x, series, strict=True) if s.failures]
    marks = {
        "type": "scatter", "mode": "markers", "name": "failed requests in this second", "x": [t for t, _ in failed], "y": [s.throughput_rps for _, s in failed],
        "marker": {"symbol": "x", "size": 14, "color": "@bad"}, "text": [f"{s.failures} failed" for _, s in failed], "hovertemplate": "%{x} s: %{text}<extra></extra>",
    }  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "seconds since the start"}, "anchor": "y2"},
        "yaxis": {"title": {"text": "requests/s"}, "domain": [0.54, 1], "rangemode": "tozero"},
        "yaxis2": {"title": {"text": "p95, ms"}, "domain": [0, 0.46], "rangemode": "tozero", "anchor": "x"},
        "shapes": shapes, "annotations": words,
    }  # fmt: skip
    return {"data": [top, low, *([marks] if failed else [])], "layout": layout}


def by_page(measurements: Sequence[Measurement]) -> dict[str, dict[str, float]]:
    """Return requests, failures, mean_ms and p95_ms by page kind: counts summed, times weighted by requests."""
    found: dict[str, dict[str, float]] = {}
    for measurement in measurements:
        for name, row in measurement.by_name.items():
            total = found.setdefault(name, {"requests": 0.0, "failures": 0.0, "mean_ms": 0.0, "p95_ms": 0.0})
            weight = row.get("requests", 0.0)
            total["requests"] += weight
            total["failures"] += row.get("failures", 0.0)
            for key in ("mean_ms", "p95_ms"):
                total[key] += weight * row.get(key, 0.0)
    for total in found.values():
        for key in ("mean_ms", "p95_ms"):
            total[key] /= total["requests"] or 1.0
    return dict(sorted(found.items(), key=lambda item: -item[1]["requests"]))


def pages_figure(pages: Mapping[str, Mapping[str, float]]) -> Figure:
    """Return mean and p95 latency as bars by page kind, most requested first."""
    names = [f"{name} · {short(row['requests'])} requests" for name, row in pages.items()]
    data = []
    for key, label, colour, pattern in (("p95_ms", "p95", "@p95", "/"), ("mean_ms", "mean", "@raw", "")):
        values = [row[key] for row in pages.values()]
        data.append(
            {
                "type": "bar", "orientation": "h", "name": label, "y": names, "x": values, "text": [with_unit(v, "ms") for v in values],
                "textposition": "outside", "cliponaxis": False, "hovertemplate": f"%{{y}}: {label} %{{x:.1f}} ms<extra></extra>",
                "marker": {"color": colour, "pattern": {"shape": pattern, "fgcolor": "@paper", "fillmode": "overlay", "size": 9}},
            }
        )  # fmt: skip
    widest = (
        max((max(row["p95_ms"], row["mean_ms"]) for row in pages.values()), default=0.0) or 1.0
    )  # room for the words
    layout = {
        "xaxis": {"title": {"text": "latency, ms"}, "range": [0, 1.15 * widest]}, "yaxis": {"autorange": "reversed", "automargin": True},
        "barmode": "group", "legend": {"traceorder": "reversed"},
    }  # fmt: skip
    return {"data": data, "layout": layout}
