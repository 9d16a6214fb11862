"""Throughput against the factor, with each tier's CPU beside it; and how long users wait."""

from __future__ import annotations

from lab.model.run import Interval, Point, Run
from lab.report.axis import factor_words, is_host_bound, lines, numeric_axis, plottable
from lab.report.chart_curve import curve_figure, ideal_line
from lab.report.chart_load import utilisation_figure
from lab.report.chart_traces import NORMALISED, series_of
from lab.report.facts import counts
from lab.report.markup import Plot, Section, details, figure, filter_words, paragraph, table
from lab.report.numbers import NOTHING, interval_text, mean_and_half_width, percent, with_unit
from lab.report.procedure import caption
from lab.report.speed_up import SpeedUp, speed_up, speed_up_text
from lab.report.tiers import tier_uses


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
                point.label + (" (host-bound)" if is_host_bound(point) else ""),
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
    notes = [
        "Bars around a mean: 95 % interval over blocks (Student's t)."
        if is_repeated
        else "One block: no interval.",
        "Small marks: single measurements.",
    ]
    if any(series is NORMALISED for series, _ in series_of(run)) or run.second_factor:
        notes.append(
            "Speed-normalised: each window's throughput times the time of a fixed unit of work in it, over the reference;"
            " it tells the lab's behaviour from the machine's changing speed and holds where that tier's CPU binds."
        )
    if axis and ideal_line(run, axis):
        notes.append("Dashed: what growth in proportion to the first valid point would give.")
    notes += _bound_notes(run)
    valid, total = counts(run)
    if valid < total:
        notes.append(
            f"Not in the plot: {total - valid} INVALID of {total} measurements; they are listed below."
        )
    return " ".join(notes)


def _bound_notes(run: Run) -> list[str]:
    bound = [point for point in run.points if is_host_bound(point)]
    if not bound:
        return []
    why = next(
        (point.host_bound for point in bound if point.host_bound), "less than 10 % of the machine was idle"
    )
    return [
        f"Grey: host-bound, so that the machine is the limit and no tier: {', '.join(p.label for p in bound)} ({why})."
    ]


def curve_section(run: Run, prefix: str) -> Section:
    """Return throughput against the factor, and each tier's CPU beside it."""
    header = (
        factor_words(run),
        "throughput (± 95 %)",
        "speed-normalised (± 95 %)",
        "speed-up (95 %)",
        "blocks",
        "limit",
    )
    title = f"Throughput by {factor_words(run)}"
    filters = [filter_words(point=p.label, is_valid=bool(p.valid)) for p in run.points]
    rows = table(title, header, curve_rows(run), row_filters=filters)
    if not plottable(run):
        none = paragraph("No valid point, so nothing is drawn.")
        return Section(slug=f"{prefix}curve", title=title, html=none + rows)
    seen = "; ".join(f"{p.label}: {interval_text(p.throughput, 'req/s')}" for p in plottable(run))
    plot = Plot(
        id=f"{prefix}plot-curve",
        variants=[("", curve_figure(run))],
        describe=f"{title}. {seen}. The table below has all figures.",
    )
    busy = Plot(
        id=f"{prefix}plot-tiers",
        variants=[(line.name, utilisation_figure(run, line.points)) for line in lines(run)],
        describe="CPU used in percent of its quota, by tier and point; the table below has all figures.",
        choice="Line",
    )
    note = (
        "CPU of its quota, mean over a tier's containers. A tier at its quota is where requests queue. Tiers without a"
        " quota of their own are in the table only."
    )
    said = caption(run)
    pair = f'<div class="pair"><div>{figure(plot, _curve_note(run), said)}</div><div>{figure(busy, note, said)}</div></div>\n'
    return Section(
        slug=f"{prefix}curve",
        title=title,
        html=pair
        + details("Throughput in figures", rows, is_open=True)
        + details("CPU of the tiers in figures", _tier_table(run)),
        plots=[plot, busy],
    )


def _tier_table(run: Run) -> str:
    rows, tiers = [], list(dict.fromkeys(use.tier for p in plottable(run) for use in tier_uses(p.valid)))
    for point in plottable(run):
        uses = {use.tier: use for use in tier_uses(point.valid)}
        cells = []
        for tier in tiers:
            use = uses.get(tier)
            if use is None:
                cells.append(NOTHING)
            elif use.cpu_of_quota_ratio is not None:
                cells.append(percent(use.cpu_of_quota_ratio))
            else:
                cells.append(f"{with_unit(use.cpu_cores, 'cores')}, no quota")
        rows.append((point.label, *cells))
    filters = [filter_words(point=point.label) for point in plottable(run)]
    return table(
        "CPU used, in percent of the quota, by tier", (factor_words(run), *tiers), rows, row_filters=filters
    )
