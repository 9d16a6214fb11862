"""How long users wait: percentiles per point, and of all requests together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.histogram import merged
from lab.model.histogram import percentile_ms as of_histogram
from lab.model.run import Point, Run
from lab.report.axis import factor_words, lines, plottable
from lab.report.chart_load import PERCENTILES, latency_figure, percentile_ms
from lab.report.markup import Plot, Section, details, figure, filter_words, table
from lab.report.numbers import interval_text, plain, with_unit
from lab.report.procedure import caption
from lab.report.tables import histogram_of


def latency_section(run: Run, prefix: str) -> Section:
    """Return latency percentiles per point."""
    points = plottable(run)
    rows = [
        (
            point.label,
            *(with_unit(percentile_ms(point.valid, name), "ms") for name in ("mean", *PERCENTILES, "max")),
            interval_text(point.p95, "ms"),
        )
        for point in points
    ]
    first = factor_words(run) if run.factor else "point"
    filters = [filter_words(point=point.label) for point in points]
    rest = table(
        "Latency of successful requests",
        (first, "mean", "p50", "p95", "p99", "max", "p95 with its interval"),
        rows,
        row_filters=filters,
    )
    said = "; ".join(f"{p.label}: p95 {plain(percentile_ms(p.valid, 'p95'))} ms" for p in points)
    plot = Plot(
        id=f"{prefix}plot-latency",
        variants=[(line.name, latency_figure(line.points, run)) for line in lines(run)],
        describe=f"Latency percentiles. {said}.",
        choice="Line",
    )
    return Section(
        slug=f"{prefix}latency",
        title="How long users wait",
        html=figure(plot, _latency_note(run), caption(run))
        + details("The figures", rest + _all_percentiles(points, first)),
        plots=[plot],
    )


def _latency_note(run: Run) -> str:
    start = " Measured from the planned start of a request, so that waiting to be sent counts." if run.load.get("model") == "open" else ""  # fmt: skip
    return (
        "p95: 95 of 100 successful requests were faster. Each figure is the mean of the valid measurements' percentiles."
        + start
    )


_PERCENTS: Final = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0)


def _all_percentiles(points: Sequence[Point], first: str) -> str:
    """Return percentiles of all valid requests of a point together, from the stored histograms; empty without any."""
    rows, filters = [], []
    for point in points:
        kept = [found for m in point.valid if (found := histogram_of(m)) is not None]
        if kept:
            every = merged(kept)
            rows.append(
                (
                    point.label,
                    f"{every.total:,}",
                    *(with_unit(of_histogram(every, p), "ms") for p in _PERCENTS),
                )
            )
            filters.append(filter_words(point=point.label))
    header = (first, "requests", *(f"p{p:g}" if p < 100 else "max" for p in _PERCENTS))
    caption_ = "Percentiles of all valid requests together, from the histograms"
    return table(caption_, header, rows, row_filters=filters) if rows else ""
