"""Use of each tier, put together from its containers and from several measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lab.model.measurement import Measurement, Use
from lab.model.stats import mean
from lab.report.numbers import metric_label, metric_text

ORDER: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")

# Per tier, what tells most about it: ends of metric names, the first that is there, and how to call it.
_HEADLINES: Final[Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]] = {
    "balancer": (
        (("web/BACKEND.qcur", "queue", "qcur"), "queue"),
        (("web/BACKEND.qtime", "qtime", "queue_ms"), "time in queue"),
    ),
    "web": ((("busy_workers",), "busy workers"), (("work_ms",), "unit of work")),
    "cache": ((("hit_ratio",), "hits"), (("evictions_per_s",), "evictions")),
    "db-primary": ((("threads_running",), "threads running"), (("questions_per_s",), "queries")),
    "db-replica": ((("lag_ms",), "lag"), (("threads_running",), "threads running")),
    "store": ((("requests_per_s",), "requests"), (("sent_bytes_per_s",), "sent")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierUse:
    """One tier's use: means over its containers and measurements.

    Attributes:
        cpu_cores: CPU of all its containers together.
        cpu_of_quota_ratio: mean share of the quota; None when no container has one.
        highest_ratio: the same of its busiest container.
        quota_cores: one container's quota.
        metrics: mean of each metric over containers and measurements.
    """

    tier: str
    containers: int
    cpu_cores: float
    quota_cores: float | None
    cpu_of_quota_ratio: float | None
    highest_ratio: float | None
    throttled_ratio: float
    memory_bytes: float
    metrics: Mapping[str, float]


def _rank(tier: str) -> tuple[int, str]:
    return (ORDER.index(tier) if tier in ORDER else len(ORDER), tier)


def means_of(uses: Iterable[Use]) -> dict[str, float]:
    """Return the mean of each metric over the containers that have it."""
    values: dict[str, list[float]] = defaultdict(list)
    for use in uses:
        for name, value in use.metrics.items():
            values[name].append(value)
    return {name: mean(found) for name, found in values.items()}


def _by_target(uses: Sequence[Use]) -> dict[str, float]:
    ratios: dict[str, list[float]] = defaultdict(list)
    for use in uses:
        if use.cpu_of_quota_ratio is not None:
            ratios[use.target].append(use.cpu_of_quota_ratio)
    return {target: mean(found) for target, found in ratios.items()}


def _tier_use(tier: str, uses: Sequence[Use], windows: int) -> TierUse:
    ratios = _by_target(uses)
    return TierUse(
        tier=tier,
        containers=len({use.target for use in uses}),
        cpu_cores=sum(use.cpu_cores for use in uses) / windows,
        quota_cores=next((use.quota_cores for use in uses if use.quota_cores is not None), None),
        cpu_of_quota_ratio=mean(list(ratios.values())) if ratios else None,
        highest_ratio=max(ratios.values(), default=None),
        throttled_ratio=mean([use.throttled_ratio for use in uses]),
        memory_bytes=sum(use.memory_bytes for use in uses) / windows,
        metrics=means_of(uses),
    )


def tier_uses(measurements: Sequence[Measurement]) -> list[TierUse]:
    """Return the use of every tier over some measurements, in the order of a request's way."""
    by_tier: dict[str, list[Use]] = defaultdict(list)
    for measurement in measurements:
        for use in measurement.use:
            by_tier[use.tier].append(use)
    return [_tier_use(tier, by_tier[tier], len(measurements)) for tier in sorted(by_tier, key=_rank)]


def _metric(metrics: Mapping[str, float], endings: Sequence[str]) -> str | None:
    for ending in endings:
        found = [name for name in metrics if name == ending or name.endswith(ending)]
        if found:
            return min(found, key=len)
    return None


def signals(use: TierUse) -> list[str]:
    """Return what tells most about a tier: `busy workers 7.4 (count)`, `lag 12 ms`."""
    found = []
    for endings, words in _HEADLINES.get(use.tier, ()):
        name = _metric(use.metrics, endings)
        if name is not None:
            found.append(f"{words} {metric_text(name, use.metrics[name]).removesuffix(' (count)')}")
    return found


def metric_rows(measurements: Sequence[Measurement]) -> list[tuple[str, str, str, str]]:
    """Return every metric of every container as (tier, container, metric, mean with unit), in order."""
    by_target: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for measurement in measurements:
        for use in measurement.use:
            by_target[use.tier, use.target].append(use)
    rows = []
    for tier, target in sorted(by_target, key=lambda key: (_rank(key[0]), len(key[1]), key[1])):
        for name, value in sorted(means_of(by_target[tier, target]).items()):
            rows.append((tier, target, metric_label(name), metric_text(name, value)))
    return rows
