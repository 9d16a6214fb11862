"""A run as flat tables, one row a thing: what `lab export` writes. Columns: docs/results.md, Exported files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from lab.errors import BadInput
from lab.model.histogram import PERCENTILES, Histogram, decode, merged, percentile_ms
from lab.model.measurement import Latency, Measurement
from lab.model.run import Interval, Point, Run
from lab.report.axis import factor_key, is_host_bound, option, plottable
from lab.report.disclosure import flat
from lab.report.speed_up import speed_up

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]
_LATENCY: Final = ("mean_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms")
_PLAIN: Final = (
    "started_at_s", "duration_s", "requests", "failures", "throughput_rps", "normalised_rps", "normalised_by", "work_ms",
    "drift_ratio", "balancer_requests", "actions", "generator_cpu_ratio", "generator_lag_p99_ms",
    "generator_processes", "host_idle_ratio", "host_steal_ratio", "collectors_cpu_ratio",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; every row has every column."""

    columns: Sequence[str]
    rows: Sequence[Row]


def tables(run: Run) -> dict[str, Table]:
    """Return every table by the name of its file, without the ending."""
    made = {
        "points": list(_points(run)),
        "measurements": [_measurement(run, p, m) for p, m in _every(run)],
        "series": list(_series(run)),
        "tiers": list(_tiers(run)),
        "metrics": list(_metrics(run)),
        "latency": list(_latency(run)),
        "environment": list(_environment(run)),
    }
    return {name: _table(name, rows) for name, rows in made.items()}


def _table(name: str, rows: Sequence[Row]) -> Table:
    columns = list(dict.fromkeys(key for row in rows for key in row)) or list(_EMPTY.get(name, ("point",)))
    return Table(columns=columns, rows=[{key: row.get(key) for key in columns} for row in rows])


# What a table has when nothing was kept for it.
_EMPTY: Final[Mapping[str, Sequence[str]]] = {
    "series": ("point", "block", "t_s", "phase", "throughput_rps", "failures", "mean_ms", "p95_ms"),
    "latency": ("point", "block", "valid", "percentile", "latency_ms"),
    "tiers": ("point", "block", "valid", "tier", "target"),
    "metrics": ("point", "block", "tier", "target", "metric", "value"),
}


def _every(run: Run) -> Iterator[tuple[Point, Measurement]]:
    for point in run.points:
        for measurement in point.measurements:
            yield point, measurement


def _factors(run: Run, point: Point) -> dict[str, Cell]:
    """Return the values of the factors in columns of their names: `replicas`, `cache`."""
    names = [name for name in (factor_key(run), run.second_factor.replace("-", "_")) if name]
    return {name: option(point, name) for name in names}


def _interval(name: str, unit: str, found: Interval | None) -> dict[str, Cell]:
    return {
        f"{name}_{unit}": found.mean if found else None,
        f"{name}_half_width_{unit}": found.half_width if found else None,
    }


def _points(run: Run) -> Iterator[Row]:
    shown = plottable(run)
    for point in run.points:
        found = speed_up(point, shown[0]) if shown else None
        verdict = point.verdict
        yield {
            "point": point.label, **_factors(run, point), "measurements": len(point.measurements), "valid": len(point.valid),
            **_interval("throughput", "rps", point.throughput), **_interval("normalised", "rps", point.normalised),
            **_interval("p95", "ms", point.p95),
            "speed_up": found.ratio if found else None, "speed_up_low": found.low if found else None,
            "speed_up_high": found.high if found else None, "speed_up_normalised": found.is_normalised if found else None,
            "limit": point.limit, "next_limit": point.next_limit,
            "verdict": verdict.kind if verdict else None, "culprit": verdict.culprit if verdict else None,
            "verdict_sentence": verdict.sentence if verdict else None, "verdict_confident": verdict.is_confident if verdict else None,
            "host_bound": is_host_bound(point),
        }  # fmt: skip


def _measurement(run: Run, point: Point, m: Measurement) -> Row:
    return {
        "point": point.label, **_factors(run, point), "block": m.block, "valid": m.is_valid, "repeated": m.repeated,
        **{name: getattr(m, name) for name in _PLAIN}, **_latencies("", m.latency), **_latencies("service_", m.service),
        **_prefixed("lost_", asdict(m.lost)), **_prefixed("starts_", asdict(m.starts) if m.starts else {}),
        **_prefixed("steady_", asdict(m.steady) if m.steady else {}),
        "problems": "; ".join(m.problems), "warnings": "; ".join(m.warnings),
    }  # fmt: skip


def _latencies(prefix: str, latency: Latency | None) -> dict[str, Cell]:
    return {f"{prefix}{name}": getattr(latency, name) for name in _LATENCY} if latency else {}


def _prefixed(prefix: str, values: Mapping[str, Cell]) -> dict[str, Cell]:
    return {f"{prefix}{key}": value for key, value in values.items()}


def _series(run: Run) -> Iterator[Row]:
    for point, m in _every(run):
        for second in m.series:
            yield {"point": point.label, "block": m.block, "valid": m.is_valid, **asdict(second)}


def _tiers(run: Run) -> Iterator[Row]:
    for point, m in _every(run):
        for use in m.use:
            yield {
                "point": point.label, "block": m.block, "valid": m.is_valid, "tier": use.tier, "target": use.target,
                "cpu_cores": use.cpu_cores, "quota_cores": use.quota_cores, "cpu_of_quota_ratio": use.cpu_of_quota_ratio,
                "throttled_ratio": use.throttled_ratio, "memory_bytes": use.memory_bytes,
            }  # fmt: skip


def _metrics(run: Run) -> Iterator[Row]:
    for point, m in _every(run):
        for use in m.use:
            for metric, value in sorted(use.metrics.items()):
                yield {
                    "point": point.label, "block": m.block, "tier": use.tier, "target": use.target, "metric": metric, "value": value,
                }  # fmt: skip


def histogram_of(measurement: Measurement) -> Histogram | None:
    """Return a measurement's histogram; None when none was kept, or it cannot be read."""
    try:
        found = decode(measurement.histogram)
    except BadInput:
        return None
    return found if found.total else None


def _latency(run: Run) -> Iterator[Row]:
    """Yield percentiles of each measurement, and of each point's valid measurements together (block 0)."""
    for point in run.points:
        kept = [(m, found) for m in point.measurements if (found := histogram_of(m)) is not None]
        for m, found in kept:
            yield from _percentiles(point, m.block, found, is_valid=m.is_valid)
        valid = [found for m, found in kept if m.is_valid]
        if valid:
            yield from _percentiles(point, 0, merged(valid), is_valid=True)


def _percentiles(point: Point, block: int, found: Histogram, *, is_valid: bool) -> Iterator[Row]:
    for percent in PERCENTILES:
        yield {
            "point": point.label, "block": block, "valid": is_valid, "percentile": percent,
            "latency_ms": percentile_ms(found, percent),
        }  # fmt: skip


def _environment(run: Run) -> Iterator[Row]:
    records: dict[str, Any] = {
        "run": {"id": run.id, "name": run.name, "kind": run.kind, "created_at": run.created_at, "factor": run.factor,
                "second_factor": run.second_factor, "seed": run.seed, "blocks": run.blocks},
        "scenario": run.scenario, "load": run.load, "environment": run.environment, "procedure": run.procedure,
    }  # fmt: skip
    for group, values in records.items():
        for key, value in flat(values):
            yield {"group": group, "key": key, "value": None if value is None else str(value)}
