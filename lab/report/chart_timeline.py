"""A run from its first window to its last: when each was measured, how fast the machine was, what was rejected."""

from __future__ import annotations

from typing import Final

from lab.model.measurement import Measurement
from lab.model.run import Point, Run
from lab.report.chart_curve import Figure
from lab.report.chart_traces import Trace

MIN_WINDOWS: Final = 3


def in_order(run: Run) -> list[tuple[Point, Measurement]]:
    """Return every measurement with its point, in the order measured."""
    found = [(point, m) for point in run.points for m in point.measurements]
    return sorted(found, key=lambda pair: pair[1].started_at_s)


def minutes(run: Run) -> list[float]:
    """Return when each window was measured, in minutes since the first."""
    found = in_order(run)
    return [round((m.started_at_s - found[0][1].started_at_s) / 60, 3) for _, m in found]


def timeline_figure(run: Run) -> Figure:
    """Return throughput of each valid window above the unit of work in it; a rejected one is a shade and a cross.

    A rejected window's figures are not drawn: they count for nothing.
    """
    rejected = [(t, p, m) for t, (p, m) in zip(minutes(run), in_order(run), strict=True) if not m.is_valid]
    shapes: list[Trace] = [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": t, "x1": t + m.duration_s / 60, "y0": 0, "y1": 1, "fillcolor": "@shade",
            "line": {"width": 0}, "layer": "below",
        }
        for t, _, m in rejected
    ]  # fmt: skip
    crosses: list[Trace] = [
        {
            "xref": "x", "yref": "paper", "x": t + m.duration_s / 120, "y": 0.54, "yanchor": "bottom", "text": f"✗ {p.label}", "showarrow": False,
            "font": {"color": "@bad"},
        }
        for t, p, m in rejected
    ]  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "minutes since the first window"}, "anchor": "y2"},
        "yaxis": {"title": {"text": "requests/s"}, "domain": [0.54, 1], "rangemode": "tozero"},
        "yaxis2": {"title": {"text": "unit of work, ms"}, "domain": [0, 0.46], "anchor": "x"},
        "shapes": shapes, "annotations": crosses,
    }  # fmt: skip
    return {"data": [_rates(run), *_units(run)], "layout": layout}


def _rates(run: Run) -> Trace:
    found = [(t, p, m) for t, (p, m) in zip(minutes(run), in_order(run), strict=True) if m.is_valid]
    return {
        "type": "scatter", "mode": "markers+text", "name": "throughput of a window", "x": [t for t, _, _ in found],
        "y": [m.throughput_rps for *_, m in found], "text": [p.label for _, p, _ in found], "textposition": "top center",
        "hovertext": [f"{p.label}, block {m.block}" for _, p, m in found], "hovertemplate": "%{hovertext}, %{y:.1f} req/s<extra></extra>",
        "marker": {"symbol": "circle", "size": 11, "color": "@raw"}, "meta": {"valid": "valid"}, "cliponaxis": False,
    }  # fmt: skip


def _units(run: Run) -> list[Trace]:
    found = [(t, m.work_ms) for t, (_, m) in zip(minutes(run), in_order(run), strict=True) if m.work_ms]
    if not found:
        return []
    return [
        {
            "type": "scatter", "mode": "lines+markers", "name": "unit of work (longer: a slower machine)", "x": [t for t, _ in found],
            "y": [value for _, value in found], "yaxis": "y2", "line": {"color": "@normalised", "width": 2, "dash": "dot"},
            "marker": {"symbol": "diamond-open", "size": 9, "color": "@normalised"}, "hovertemplate": "%{x:.1f} min: %{y:.2f} ms<extra></extra>",
        }
    ]  # fmt: skip
