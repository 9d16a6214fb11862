"""Several runs side by side: an overview table and, where they share a factor, one plot with all their curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lab.model.run import Run
from lab.report.chart_curve import Figure, Trace, half_widths, x_axis
from lab.report.facts import (
    factor_words,
    numeric_axis,
    plottable,
    scenario_name,
    verdict,
    what_varied,
)
from lab.report.findings import result_sentences
from lab.report.markup import Plot, Section, figure, paragraph, table
from lab.report.numbers import interval_text

_LOOKS: Final = (
    ("@raw", "circle", "solid"), ("@normalised", "diamond", "dash"), ("@cache", "square", "dot"), ("@db-replica", "triangle-up", "dashdot"),
)  # fmt: skip


def _shared_factor(runs: Sequence[Run]) -> bool:
    first = runs[0].factor
    return bool(first) and all(run.factor == first and plottable(run) and numeric_axis(run) for run in runs)


def overlay_figure(runs: Sequence[Run]) -> Figure:
    """Return the throughput curves of sweeps over the same numeric factor in one plot."""
    data: list[Trace] = []
    for i, run in enumerate(runs):
        colour, symbol, dash = _LOOKS[i % len(_LOOKS)]
        axis = numeric_axis(run) or {}
        found = [(point, point.throughput) for point in plottable(run) if point.throughput is not None]
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "name": f"{i + 1}: {run.name or run.id}", "x": [axis[point.label] for point, _ in found],
                "y": [value.mean for _, value in found], "error_y": half_widths([value for _, value in found]),
                "marker": {"color": colour, "symbol": symbol, "size": 12}, "line": {"color": colour, "width": 3, "dash": dash},
                "text": [f"{point.label}: {interval_text(value, 'req/s')}" for point, value in found], "hovertemplate": "%{text}<extra></extra>",
            }
        )  # fmt: skip
    widest = max(runs, key=lambda run: len(run.points))
    y_axis: dict[str, Any] = {"title": {"text": "successful requests per second"}, "rangemode": "tozero"}
    return {"data": data, "layout": {"xaxis": x_axis(widest), "yaxis": y_axis}}


def overview_section(runs: Sequence[Run]) -> Section:
    """Return the runs as a table, with a warning not to read a cause into a difference."""
    rows = [
        (
            str(i),
            run.name or run.id,
            scenario_name(run),
            what_varied(run),
            result_sentences(run)[0],
            verdict(run),
        )
        for i, run in enumerate(runs, 1)
    ]
    html = table(
        "Runs in this report", ("number", "run", "scenario", "what varied", "result", "validity"), rows
    )
    html += paragraph(
        "These runs may differ in more than one setting, and in the machine's speed on the day: a difference between them is not yet a cause.",
        "quiet",
    )
    plots = []
    if _shared_factor(runs):
        plots = [
            Plot(
                id="plot-overlay",
                variants=[("", overlay_figure(runs))],
                describe="The runs' throughput curves in one plot; the tables of each run have all figures.",
            )
        ]
        html = (
            figure(
                plots[0], f"Throughput by {factor_words(runs[0])}, 95 % intervals; valid measurements only."
            )
            + html
        )
    return Section(slug="overview", title="The runs side by side", html=html, plots=plots)
