"""What the tiers and the users felt: CPU of its quota by tier, and latency percentiles, per point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lab.model.run import Measurement, Point, Run
from lab.model.stats import mean
from lab.report.chart_curve import Figure, Trace, half_widths, x_axis
from lab.report.facts import numeric_axis, plottable
from lab.report.numbers import with_unit
from lab.report.tiers import ORDER, tier_uses

SATURATED_RATIO: Final = 0.85
PERCENTILES: Final = ("p50", "p95", "p99")
_SYMBOLS: Final = ("x", "circle", "triangle-up", "square", "diamond", "star")
_PATTERNS: Final = ("x", "", "-", "/", "\\", ".")
_DASHES: Final = ("dot", "solid", "dash")


def utilisation(run: Run) -> dict[str, dict[str, float]]:
    """Return CPU used / quota by tier and point label, valid measurements only; tiers without a quota are left out."""
    found: dict[str, dict[str, float]] = {}
    for point in plottable(run):
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


def utilisation_figure(run: Run) -> Figure:
    """Return each tier's CPU in percent of its quota per point, with the zone that counts as saturated."""
    axis = numeric_axis(run)
    data = [
        _series(
            axis,
            tier,
            (f"@{tier}", ORDER.index(tier), "%"),
            {label: 100 * ratio for label, ratio in by_point.items()},
        )
        for tier, by_point in utilisation(run).items()
    ]
    zone = {
        "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * SATURATED_RATIO, "y1": 105, "fillcolor": "@shade",
        "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    words = {
        "xref": "paper", "x": 0.01, "xanchor": "left", "y": 105, "yanchor": "bottom", "showarrow": False,
        "text": f"shaded: from {100 * SATURATED_RATIO:.0f} % a tier may be the bottleneck",
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
    return {
        "data": data,
        "layout": {
            "xaxis": x,
            "yaxis": {"title": {"text": "latency, ms"}, "rangemode": "tozero"},
            "barmode": "group",
        },
    }
