"""Every measurement as rows: its verdict, and what each gate looked at."""

from __future__ import annotations

from typing import Final

from lab.model.measurement import Measurement
from lab.model.run import Run
from lab.report.axis import factor_words
from lab.report.numbers import NOTHING, percent, short, with_unit

MINUS: Final = "\N{MINUS SIGN}"
Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]


def measurement_rows(run: Run) -> Rows:
    """Return (header, rows) of every measurement with its verdict and the reasons."""
    rows: list[tuple[str, ...]] = [
        (
            point.label,
            str(m.block),
            "✓ VALID" if m.is_valid else "✗ INVALID, repeated" if m.repeated else "✗ INVALID",
            with_unit(m.throughput_rps, "req/s"),
            with_unit(m.latency.p95_ms, "ms"),
            f"{m.failures:,} of {m.requests:,}",
            _reasons(m),
        )
        for point in run.points
        for m in point.measurements
    ]
    first = factor_words(run) or "point"
    header = (
        "block",
        "verdict",
        "throughput",
        "p95",
        "failed",
        "reasons",
    )
    return (first, *header), rows


def _generator_cpu(m: Measurement) -> str:
    of = f", the busiest of {m.generator_processes}" if m.generator_processes > 1 else ""
    return percent(m.generator_cpu_ratio) + of


def generator_line(run: Run) -> str:
    """Return what the load generator was, where it was more than one process; else nothing."""
    every = [m for point in run.points for m in point.measurements]
    processes = max((m.generator_processes for m in every), default=1)
    if processes == 1:
        return ""
    busiest = max(m.generator_cpu_ratio for m in every if m.generator_processes == processes)
    return f"load generator: {processes} processes, the busiest used {percent(busiest)} of a core"


def _reasons(m: Measurement) -> str:
    known = f"; to know: {'; '.join(m.warnings)}" if m.warnings else ""
    return ("; ".join(m.problems) or "every gate passed") + known


def gate_rows(run: Run) -> Rows:
    """Return (header, rows) of what the gates looked at beyond that; a dash where an older lab did not look."""
    rows: list[tuple[str, ...]] = [
        (point.label, str(m.block), *_counted(m), *_speed(m), *_generator(m), *_time(m))
        for point in run.points
        for m in point.measurements
    ]
    header = (
        factor_words(run) or "point", "block", "HAProxy against the generator", "smallest and largest share of a replica", "unit of work",
        "drift of the speed", "steady from", "normalised by", "generator CPU", "event loop late (p99)", "starts late, dropped", "machine idle",
        "steal", "time lost",
    )  # fmt: skip
    return header, rows


def _counted(m: Measurement) -> tuple[str, str]:
    balancer = (
        NOTHING if m.balancer_requests is None else f"{m.balancer_requests:,} / {m.requests:,} requests"
    )
    total = sum(m.replicas.values())
    shares = [count / total for count in m.replicas.values()] if total else []
    return (
        balancer,
        f"{percent(min(shares))} to {percent(max(shares))} of {len(shares)}" if shares else NOTHING,
    )


def _speed(m: Measurement) -> tuple[str, str, str, str]:
    drift = (
        NOTHING
        if m.drift_ratio is None
        else f"{'+' if m.drift_ratio >= 0 else MINUS}{percent(abs(m.drift_ratio))}"
    )
    found = [] if m.steady is None else [m.steady.throughput_s, m.steady.latency_s, m.steady.hit_ratio_s]
    seconds = [value for value in found if value is not None]
    steady = f"{short(max(seconds))} s" if seconds else NOTHING
    return with_unit(m.work_ms, "ms"), drift, steady, m.normalised_by or NOTHING


def _generator(m: Measurement) -> tuple[str, str, str]:
    starts = m.starts
    late = NOTHING if starts is None else f"{starts.late:,}, {starts.dropped:,} of {starts.planned:,}"
    return _generator_cpu(m), with_unit(m.generator_lag_p99_ms, "ms"), late


def _time(m: Measurement) -> tuple[str, str, str]:
    lost = m.lost
    return (
        percent(m.host_idle_ratio),
        percent(m.host_steal_ratio),
        f"{short(round(max(lost.asleep_s, abs(lost.stepped_s), lost.stalled_s, lost.late_s), 2))} s",
    )
