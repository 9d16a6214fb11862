"""Several runs side by side: an overview table and, where they share a factor, one plot with all their curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lab.errors import BadInput
from lab.model.compare import compare, side
from lab.model.run import Run
from lab.report.axis import factor_words, numeric_axis, plottable
from lab.report.chart_curve import Figure, x_axis
from lab.report.chart_traces import Trace, half_widths
from lab.report.facts import scenario_name, verdict, what_varied
from lab.report.findings import result_sentences
from lab.report.markup import Plot, Section, figure, paragraph, table
from lab.report.numbers import interval_text
from lab.report.procedure import caption

_LOOKS: Final = (
    ("@raw", "circle", "solid"), ("@normalised", "diamond", "dash"), ("@cache", "square", "dot"), ("@db-replica", "triangle-up", "dashdot"),
)  # fmt: skip


def _shared_factor(runs: Sequence[Run]) -> bool:
    first = runs[0].factor
    return bool(first) and all(
        run.factor == first and not run.second_factor and plottable(run) and numeric_axis(run) for run in runs
    )


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


def _pair_html(a: Run, b: Run) -> str:
    """Return what differs between two runs, and what may be said about it; empty when they are one run."""
    try:
        found = compare(side(a, "", name="1"), side(b, "", name="2"), noise=lambda _mine, _theirs: None)
    except BadInput:
        return ""
    rows = [(f"{d.group}: {d.name}", d.a, d.b, "yes" if d.is_factor else "no") for d in found.differences]
    html = table("What differs", ("what", "run 1", "run 2", "may be a cause"), rows) if rows else paragraph("Nothing differs.")  # fmt: skip
    html += paragraph(f"The same in both: {', '.join(found.same)}.", "quiet") if found.same else ""
    if found.blockers:
        return html + paragraph("Not comparable: " + "; ".join(found.blockers) + ".", "finding")
    return html + "".join(paragraph(f"{one.sentence}.", "finding") for one in found.compared)


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
    html += _pair_html(*runs) if len(runs) == 2 else ""
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
                plots[0],
                f"Throughput by {factor_words(runs[0])}, 95 % intervals; valid measurements only.",
                " ".join(f"Run {i}: {caption(run)}" for i, run in enumerate(runs, 1)),
            )
            + html
        )
    return Section(slug="overview", title="The runs side by side", html=html, plots=plots)
