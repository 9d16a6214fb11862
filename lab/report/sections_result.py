"""The first sections of a run: what was found, the topology, the curve, the load on tiers and users."""

from __future__ import annotations

from lab.model.run import Interval, Point, Run
from lab.report.chart_curve import curve_figure, ideal_line
from lab.report.chart_load import PERCENTILES, latency_figure, percentile_ms, utilisation_figure
from lab.report.facts import (
    SpeedUp,
    counts,
    factor_key,
    factor_words,
    numeric_axis,
    plottable,
    speed_up,
    speed_up_text,
    verdict,
)
from lab.report.findings import result_sentences
from lab.report.ladder_svg import MAX_COLUMNS, ladder_svg
from lab.report.markup import Plot, Section, details, figure, paragraph, table, text
from lab.report.numbers import NOTHING, interval_text, mean_and_half_width, percent, plain, with_unit
from lab.report.tiers import tier_uses
from lab.report.topology_svg import topology_svg


def result_section(run: Run, prefix: str) -> Section:
    """Return the sentences that people quote, the verdict and the hypothesis."""
    first, *others = result_sentences(run)
    css = "verdict good" if run.is_valid else "verdict bad"
    parts = [paragraph(first, "big"), *(paragraph(sentence, "finding") for sentence in others)]
    parts.append(f'<p class="{css}">{text(verdict(run))}</p>\n')
    hypothesis = run.scenario.get("hypothesis")
    if hypothesis:
        parts.append(paragraph(f"Expected beforehand: {hypothesis}", "quiet"))
    return Section(slug=f"{prefix}result", title="Result", html="".join(parts))


def topology_section(run: Run, prefix: str) -> Section:
    """Return the picture: of the one topology, or of the ladder when the tiers themselves change."""
    points = list(run.points)
    if factor_key(run) == "stage" and 1 < len(points) <= MAX_COLUMNS:
        picture, title = ladder_svg(points), "What each step adds"
        note = "Each column is one topology; a thick border and a word mark what its step adds or changes. One square is one container."
    else:
        picture, title = topology_svg(points[-1], {**run.load, **points[-1].setting}), "What was measured"
        note = "One square is one container. Dashed boxes behind a tier stand for its other containers."
        if len(points) > 1:
            note = f"The picture shows {factor_words(run)} = {points[-1].label}, the last of {', '.join(p.label for p in points)}. {note}"
    html = f"<figure>{picture}<figcaption>{text(note)}</figcaption></figure>\n"
    return Section(slug=f"{prefix}topology", title=title, html=html)


def _rejected(point: Point) -> str:
    total, valid = len(point.measurements), len(point.valid)
    return f"{valid} of {total} VALID" + ("" if valid == total else ", the rest left out")


def _spread(interval: Interval | None) -> str:
    return NOTHING if interval is None else f"{mean_and_half_width(interval)} req/s"


def curve_rows(run: Run) -> list[tuple[str, ...]]:
    """Return the curve as a table: every point, INVALID ones without figures."""
    points = plottable(run)
    base = points[0] if points else None
    rows: list[tuple[str, ...]] = []
    for point in run.points:
        found = speed_up(point, base) if base is not None else None
        rows.append(
            (
                point.label + (" (host-bound)" if point.host_bound else ""),
                _spread(point.throughput) if point in points else "INVALID: no figure",
                _spread(point.normalised) if point in points else NOTHING,
                speed_up_text(found) + _basis(found),
                _rejected(point),
                f"{point.limit}; next: {point.next_limit}" if point.next_limit else point.limit or NOTHING,
            )
        )
    return rows


def _basis(found: SpeedUp | None) -> str:
    return "" if found is None else " normalised" if found.is_normalised else " raw"


def _curve_note(run: Run) -> str:
    axis = numeric_axis(run)
    is_repeated = any(point.throughput and point.throughput.half_width is not None for point in run.points)
    note = (
        "Bars around a mean: 95 % interval over blocks (Student's t)."
        if is_repeated
        else "One block: no interval."
    )
    note += " Small marks: single measurements."
    if any(point.normalised for point in run.points):
        note += (
            " Speed-normalised: each window's throughput times the CPU time of a fixed unit of work in it, over the reference;"
            " it tells the lab's behaviour from the machine's changing speed and holds where the web tier's CPU binds."
        )
    if axis and ideal_line(run, axis):
        note += " Dashed: what growth in proportion to the first valid point would give."
    bound = [point for point in run.points if point.host_bound]
    if bound:
        note += f" Host-bound by plan, so that the machine may be the limit and no tier: {', '.join(p.label for p in bound)} ({bound[0].host_bound})."
    valid, total = counts(run)
    return note + (
        f" Not in the plot: {total - valid} INVALID of {total} measurements; they are listed below."
        if valid < total
        else ""
    )


def curve_section(run: Run, prefix: str) -> Section:
    """Return throughput against the factor."""
    header = (
        factor_words(run),
        "throughput (± 95 %)",
        "speed-normalised (± 95 %)",
        "speed-up (95 %)",
        "blocks",
        "limit",
    )
    rows = table(f"Throughput by {factor_words(run)}", header, curve_rows(run))
    title = f"Throughput by {factor_words(run)}"
    if not plottable(run):
        return Section(
            slug=f"{prefix}curve", title=title, html=paragraph("No valid point, so nothing is drawn.") + rows
        )
    seen = "; ".join(f"{p.label}: {interval_text(p.throughput, 'req/s')}" for p in plottable(run))
    plot = Plot(
        id=f"{prefix}plot-curve",
        variants=[("", curve_figure(run))],
        describe=f"{title}. {seen}. The table below has all figures.",
    )
    return Section(
        slug=f"{prefix}curve",
        title=title,
        html=figure(plot, _curve_note(run)) + details("The figures", rows, is_open=True),
        plots=[plot],
    )


def utilisation_section(run: Run, prefix: str) -> Section:
    """Return each tier's CPU per point."""
    title = "Which tier is busy"
    rows, tiers = [], list(dict.fromkeys(use.tier for p in plottable(run) for use in tier_uses(p.valid)))
    for point in plottable(run):
        uses = {use.tier: use for use in tier_uses(point.valid)}
        cells = []
        for tier in tiers:
            use = uses.get(tier)
            ratio = use.cpu_of_quota_ratio if use else None
            cells.append(
                NOTHING
                if use is None
                else percent(ratio)
                if ratio is not None
                else f"{with_unit(use.cpu_cores, 'cores')}, no quota"
            )
        rows.append((point.label, *cells))
    rest = table("CPU used, in percent of the quota, by tier", (factor_words(run), *tiers), rows)
    plot = Plot(
        id=f"{prefix}plot-tiers",
        variants=[("", utilisation_figure(run))],
        describe="CPU used in percent of its quota, by tier and point; the table below has all figures.",
    )
    note = "Mean over a tier's containers. Tiers without a quota of their own are in the table only. A tier at its quota is where requests queue."
    return Section(
        slug=f"{prefix}tiers",
        title=title,
        html=figure(plot, note) + details("The figures", rest),
        plots=[plot],
    )


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
    rest = table(
        "Latency of successful requests",
        (first, "mean", "p50", "p95", "p99", "max", "p95 with its interval"),
        rows,
    )
    said = "; ".join(f"{p.label}: p95 {plain(percentile_ms(p.valid, 'p95'))} ms" for p in points)
    plot = Plot(
        id=f"{prefix}plot-latency",
        variants=[("", latency_figure(points, run))],
        describe=f"Latency percentiles. {said}.",
    )
    note = "p95: 95 of 100 successful requests were faster. Each figure is the mean of the valid measurements' percentiles."
    return Section(
        slug=f"{prefix}latency",
        title="How long users wait",
        html=figure(plot, note) + details("The figures", rest),
        plots=[plot],
    )
