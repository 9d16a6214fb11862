"""What each request costs in each tier, and how many a second each could serve: the demand table of a point. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from lab.model.measurement import Measurement, Use

TIERS: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")
# Cores that a container without a quota can use: HAProxy has one thread; memcached says how many it has.
_THREADS: Final[Mapping[str, float]] = {"balancer": 1.0, "cache": 2.0}
_PINNED: Final = ("cache",)  # a key lives on one node, so the busiest node binds, whatever the others do


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One tier's row. Medians over the measurements.

    Attributes:
        containers: how many there are, n.
        capacity_cores: what one of them may use, q: its quota, else its threads; None when neither is known.
        has_quota: whether that is a quota.
        demand_ms: CPU time of all of them for one successful request, D.
        utilisation: U, share of the capacity that was used; of the busiest one where work is pinned to a container.
        throttled_ratio: share of periods in which they had to stand still; 0 without a quota.
        x_max_rps: successful requests a second at U = 1.
    """

    tier: str
    containers: int
    capacity_cores: float | None
    has_quota: bool
    demand_ms: float | None
    utilisation: float | None
    throttled_ratio: float
    x_max_rps: float | None


def demand_table(measurements: Sequence[Measurement]) -> list[Demand]:
    """Return a row for each tier that is there, in the order of a request's way.

    D = CPU seconds / successful requests; U = X D / (n q); X_max = n q / D.

    Source: utilisation law and service demand law, Lazowska et al., "Quantitative System Performance", ch. 3.
    """
    rows = []
    for tier in TIERS:
        found = [row for m in measurements if (row := _row(m, tier))]
        if found:
            rows.append(_middle(found))
    return rows


def nearest_limit(rows: Sequence[Demand]) -> str:
    """Return the tier with the lowest X_max: the one that the model says binds; empty when none has one."""
    known = [(row.x_max_rps, row.tier) for row in rows if row.x_max_rps]
    return min(known)[1] if known else ""


def _row(m: Measurement, tier: str) -> Demand | None:
    members = [use for use in m.use if use.tier == tier]
    if not members:
        return None
    each = [_capacity(use) for use in members]
    known = [cores for cores in each if cores]
    cpu_cores = sum(use.cpu_cores for use in members)
    share: float | None = None
    if len(known) == len(members):
        shares = [use.cpu_cores / cores for use, cores in zip(members, known, strict=True)]
        share = max(shares) if tier in _PINNED else cpu_cores / sum(known)
    return Demand(
        tier=tier,
        containers=len(members),
        capacity_cores=sum(known) / len(known) if share is not None else None,
        has_quota=all(use.quota_cores for use in members),
        demand_ms=1000 * cpu_cores / m.throughput_rps if m.throughput_rps else None,
        utilisation=share,
        throttled_ratio=max(use.throttled_ratio for use in members) if tier in _PINNED else sum(use.throttled_ratio for use in members) / len(members),
        x_max_rps=m.throughput_rps / share if share else None,
    )  # fmt: skip


def _capacity(use: Use) -> float | None:
    threads = use.metrics.get("threads") or _THREADS.get(use.tier)
    known = [cores for cores in (use.quota_cores, threads) if cores]
    return min(known) if known else None


def _middle(rows: Sequence[Demand]) -> Demand:
    def of(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return median(known) if known else None

    return Demand(
        tier=rows[0].tier,
        containers=rows[0].containers,
        capacity_cores=of([row.capacity_cores for row in rows]),
        has_quota=all(row.has_quota for row in rows),
        demand_ms=of([row.demand_ms for row in rows]),
        utilisation=of([row.utilisation for row in rows]),
        throttled_ratio=of([row.throttled_ratio for row in rows]) or 0.0,
        x_max_rps=of([row.x_max_rps for row in rows]),
    )
