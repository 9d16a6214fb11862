"""The middle sections of a run: time series, page kinds, and what each tier used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.model.measurement import Measurement
from lab.model.run import Point, Run
from lab.report.axis import factor_words, plottable
from lab.report.chart_pages import by_page, pages_figure
from lab.report.chart_series import has_hits, phases, series_figure, since_start
from lab.report.markup import Plot, Section, details, figure, filter_words, paragraph, table
from lab.report.numbers import NOTHING, mebibytes, percent, with_unit
from lab.report.procedure import caption
from lab.report.tiers import metric_rows, signals, tier_uses


def every(run: Run) -> Iterator[tuple[Point, Measurement]]:
    """Yield each measurement with its point."""
    for point in run.points:
        for measurement in point.measurements:
            yield point, measurement


def measurement_name(run: Run, point: Point, measurement: Measurement) -> str:
    """Return a measurement's place and verdict in words."""
    place = f"{factor_words(run)} {point.label}, " if run.factor else ""
    return f"{place}block {measurement.block} ({'VALID' if measurement.is_valid else 'INVALID'})"


def lifted_s(run: Run) -> float:
    """Return how long CPU quotas are lifted at the start of each window: the first half of ramp and warm-up; 0 if cold."""
    spans = [run.load.get(key) for key in ("ramp_s", "warmup_s")]
    if run.load.get("cold"):
        return 0.0
    return sum(float(span) for span in spans if isinstance(span, int | float)) / 2


def series_section(run: Run, prefix: str) -> Section | None:
    """Return throughput, p95 and cache hits per second of a measurement that the reader picks; None when none was kept."""
    kept = [(point, m) for point, m in every(run) if m.series]
    if not kept:
        return None
    kept.sort(key=lambda pair: (not pair[1].is_valid, -run.points.index(pair[0]), pair[1].block))
    variants = [(measurement_name(run, point, m), series_figure(m, lifted_s(run))) for point, m in kept]
    plot = Plot(
        id=f"{prefix}plot-series",
        variants=variants,
        describe="Throughput, p95 latency and, with a cache, its hits per second; the tables below have all figures.",
    )
    tables = "".join(
        details(
            measurement_name(run, point, m),
            _series_table(m, measurement_name(run, point, m)),
            filters=filter_words(point=point.label, is_valid=m.is_valid),
        )
        for point, m in kept
    )
    return Section(
        slug=f"{prefix}series",
        title="Second by second",
        html=figure(plot, _series_note(run, [m for _, m in kept]), caption(run))
        + details("The figures of each measurement", tables),
        plots=[plot],
    )


def _series_note(run: Run, kept: Sequence[Measurement]) -> str:
    notes = [
        "Shaded: users start and caches warm up; nothing in it is counted. Until the dotted line the CPU quotas were"
        " lifted, so that caches fill quickly."
        if lifted_s(run)
        else "Shaded: users start; nothing in it is counted. The caches were cold on purpose."
    ]
    if any(has_hits(m.series) for m in kept):
        notes.append("Cache hits: share of the cache's look-ups, in its reading of that second.")
    if any(second.failures for m in kept for second in m.series):
        notes.append("A cross: requests failed in that second.")
    return " ".join(notes)


def _series_table(measurement: Measurement, name: str) -> str:
    is_cached = has_hits(measurement.series)
    rows = [
        (
            f"{t:.0f} s",
            second.phase,
            with_unit(second.throughput_rps, "req/s"),
            with_unit(second.mean_ms, "ms"),
            with_unit(second.p95_ms, "ms"),
            f"{second.failures:,}",
            *([percent(second.hit_ratio)] if is_cached else []),
        )
        for t, second in zip(since_start(measurement.series), measurement.series, strict=True)
    ]
    spans = ", ".join(f"{phase} {end - start:.0f} s" for phase, start, end in phases(measurement.series))
    header = ("time", "phase", "throughput", "mean", "p95", "failed", *(["cache hits"] if is_cached else []))
    return table(f"{name}: {spans}", header, rows)


def pages_section(run: Run, prefix: str) -> Section | None:
    """Return latency by page kind of a bench; None when nothing valid was seen."""
    found = by_page([m for point in plottable(run) for m in point.valid])
    if not found:
        return None
    total = sum(row["requests"] for row in found.values()) or 1.0
    rows = [
        (
            name,
            f"{row['requests']:,.0f}",
            percent(row["requests"] / total),
            f"{row['failures']:,.0f}",
            with_unit(row["mean_ms"], "ms"),
            with_unit(row["p95_ms"], "ms"),
        )
        for name, row in found.items()
    ]
    rest = table("By page kind", ("page", "requests", "share", "failed", "mean", "p95"), rows)
    plot = Plot(
        id=f"{prefix}plot-pages",
        variants=[("", pages_figure(found))],
        describe="Mean and p95 latency by page kind; the table below has all figures.",
    )
    return Section(
        slug=f"{prefix}pages",
        title="Which pages are slow",
        html=figure(plot, "Times are means over the valid measurements, weighted by requests.", caption(run))
        + details("The figures", rest),
        plots=[plot],
    )


def tier_table(point: Point, title: str) -> str:
    """Return the per-tier table of one point's valid measurements; of all of them when none is valid."""
    chosen = point.valid or list(point.measurements)
    rows = [
        (
            use.tier,
            str(use.containers),
            percent(use.cpu_of_quota_ratio),
            percent(use.highest_ratio),
            with_unit(use.cpu_cores, "cores"),
            percent(use.throttled_ratio if use.quota_cores is not None else None),
            mebibytes(use.memory_bytes),
            " · ".join(signals(use)) or NOTHING,
        )
        for use in tier_uses(chosen)
    ]
    header = (
        "tier",
        "containers",
        "CPU of quota",
        "busiest",
        "CPU in all",
        "throttled",
        "memory",
        "what else tells",
    )
    filters = [filter_words(tier=row[0]) for row in rows]
    return table(title, header, rows, row_filters=filters)


def tiers_section(run: Run, prefix: str) -> Section:
    """Return what every tier used: the last point open, all others and all metrics on demand."""
    shown = plottable(run) or list(run.points)
    parts = []
    for point in reversed(shown):
        label = f"{factor_words(run)} = {point.label}" if run.factor else point.label
        inner = tier_table(point, f"Use of each tier: {label}")
        kept = metric_rows(point.valid or list(point.measurements))
        metrics = table(
            f"Every metric: {label}",
            ("tier", "container", "metric", "mean over the window"),
            kept,
            row_filters=[filter_words(tier=row[0]) for row in kept],
        )
        inner += details("Every metric of every container", metrics)
        words = filter_words(point=point.label, is_valid=bool(point.valid))
        is_last = point is shown[-1]
        parts.append(inner if len(shown) == 1 else details(label, inner, is_open=is_last, filters=words))
    note = "Throttled: share of scheduling periods in which a container had used up its CPU quota; 100 % means it always wanted more."
    return Section(
        slug=f"{prefix}use", title="What each tier used", html="".join(parts) + paragraph(note, "quiet")
    )
