"""What the tiers and the users felt: CPU of its quota by tier, and latency percentiles, per point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lab.errors import BadInput
from lab.model.measurement import Measurement
from lab.model.run import Point, Run
from lab.model.slo import parse_slo
from lab.model.stats import mean
from lab.model.verdict import SATURATED
from lab.report.axis import numeric_axis
from lab.report.chart_curve import Figure, x_axis
from lab.report.chart_traces import Trace, half_widths
from lab.report.numbers import with_unit
from lab.report.tiers import ORDER, tier_uses

PERCENTILES: Final = ("p50", "p95", "p99")
_SYMBOLS: Final = ("x", "circle", "triangle-up", "square", "diamond", "star")
_PATTERNS: Final = ("x", "", "-", "/", "\\", ".")
_DASHES: Final = ("dot", "solid", "dash")


def utilisation(points: Sequence[Point]) -> dict[str, dict[str, float]]:
    """Return CPU used / quota by tier and point label, valid measurements only; tiers without a quota are left out."""
    found: dict[str, dict[str, float]] = {}
    for point in points:
        for use in tier_uses(point.valid):
            if use.cpu_of_quota_ratio is not None:
                found.setdefault(use.tier, {})[point.label] = use.cpu_of_quota_ratio
    return {tier: found[tier] for tier in ORDER if tier in found}


def _series(
    axis: Mapping[str, float] | None, name: str, look: tuple[str, int, str], values: Mapping[str, float]
) -> Trace:
    """Return a line for a numeric axis, a group of patterned bars for words."""
    colour, index, unit = look
    common: Trace = {
        "name": name, "y": list(values.values()), "hovertemplate": f"{name}, %{{x}}: %{{y:.3~s}} {unit}<extra></extra>",
        "x": [axis[label] for label in values] if axis else list(values),
    }  # fmt: skip
    if axis:
        marker = {"symbol": _SYMBOLS[index], "size": 12, "color": colour}
        return {
            **common,
            "type": "scatter",
            "mode": "lines+markers",
            "marker": marker,
            "line": {"color": colour, "width": 3},
        }
    pattern = {"shape": _PATTERNS[index], "fgcolor": "@paper", "fillmode": "overlay", "size": 9}
    return {**common, "type": "bar", "marker": {"color": colour, "pattern": pattern}}


def utilisation_figure(run: Run, points: Sequence[Point]) -> Figure:
    """Return each tier's CPU in percent of its quota per point, with the zone that counts as saturated."""
    axis = numeric_axis(run)
    data = [
        {
            **_series(
                axis,
                tier,
                (f"@{tier}", ORDER.index(tier), "%"),
                {label: 100 * ratio for label, ratio in by_point.items()},
            ),
            "meta": {"tier": tier},
        }
        for tier, by_point in utilisation(points).items()
    ]
    zone = {
        "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * SATURATED, "y1": 105, "fillcolor": "@shade",
        "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    words = {
        "xref": "paper", "x": 0.01, "xanchor": "left", "y": 105, "yanchor": "bottom", "showarrow": False,
        "text": f"from {100 * SATURATED:.0f} %: saturated",
    }  # fmt: skip
    axis_y = {
        "title": {"text": "CPU used, % of the quota"},
        "range": [0, 118],
        "ticksuffix": " %",
        "dtick": 20,
    }
    return {
        "data": data,
        "layout": {
            "xaxis": x_axis(run),
            "yaxis": axis_y,
            "shapes": [zone],
            "annotations": [words],
            "barmode": "group",
        },
    }


def percentile_ms(measurements: Sequence[Measurement], name: str) -> float:
    """Return the mean over measurements of one percentile."""
    return mean([float(getattr(m.latency, f"{name}_ms")) for m in measurements])


def latency_figure(points: Sequence[Point], run: Run) -> Figure:
    """Return p50, p95 and p99 per point; the p95 carries its interval."""
    axis = numeric_axis(run) if run.factor else None
    data = []
    for i, name in enumerate(PERCENTILES):
        values = {point.label: percentile_ms(point.valid, name) for point in points}
        trace = _series(axis, name, (f"@{name}", (1, 3, 2)[i], "ms"), values)
        if axis:
            trace["line"] = {**trace["line"], "dash": _DASHES[i]}
        else:
            trace |= {
                "text": [with_unit(value, "ms") for value in values.values()],
                "textposition": "outside",
                "cliponaxis": False,
            }
        intervals = [point.p95 for point in points if point.p95 is not None]
        if axis and name == "p95" and len(intervals) == len(points):
            trace["error_y"] = half_widths(intervals)
        data.append(trace)
    x: dict[str, Any] = (
        x_axis(run) if run.factor else {"title": {"text": ""}, "type": "category", "showticklabels": False}
    )
    shapes, notes = _objective(run)
    return {
        "data": data,
        "layout": {
            "xaxis": x,
            "yaxis": {"title": {"text": "latency, ms"}, "range": [0, _top_ms(points, run)]},
            "barmode": "group",
            "shapes": shapes,
            "annotations": notes,
        },
    }


def _top_ms(points: Sequence[Point], run: Run) -> float:
    """Return the upper end of the latency axis: every percentile, the interval of p95, and the objective."""
    highest = [percentile_ms(point.valid, name) for point in points for name in PERCENTILES]
    highest += [p.p95.mean + (p.p95.half_width or 0.0) for p in points if p.p95 is not None]
    highest += [shape["y0"] for shape in _objective(run)[0]]
    return 1.12 * max([*highest, 1e-9])


def _objective(run: Run) -> tuple[list[Trace], list[Trace]]:
    """Return (lines, words) of the latencies that a capacity run's objective allows."""
    text = run.procedure.get("slo")
    if run.kind != "capacity" or not isinstance(text, str):
        return [], []
    try:
        bounds = [bound for bound in parse_slo(text).bounds if bound.metric != "errors"]
    except BadInput:
        return [], []
    shapes: list[Trace] = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": bound.limit, "y1": bound.limit,
            "line": {"color": "@bad", "width": 2, "dash": "dash"},
        }
        for bound in bounds
    ]  # fmt: skip
    notes: list[Trace] = [
        {
            "xref": "paper", "x": 0, "xanchor": "left", "y": bound.limit, "yanchor": "bottom", "text": f"objective: {str(bound).replace('<=', '≤')}", "showarrow": False,
        }
        for bound in bounds
    ]  # fmt: skip
    return shapes, notes
