"""Where requests were while they were under way: in a queue, in a worker, in a statement. Medians of a window. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from lab.model.measurement import Measurement, Use

DATABASES: Final = ("db-primary", "db-replica")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Counts are requests or statements, medians of the readings of a window, summed over a tier's containers.

    Attributes:
        under_way: all requests under way, by Little's law (throughput times latency).
        queued: of those, the ones before the web tier's workers.
        workers_busy, workers: web workers that have a request, and how many there are (HAProxy's limit if it is lower).
        statements: what the app's connections are doing in each database tier.
        locked: of those, the ones that wait for a lock.
        in_store: requests that the object store has in hand.
        connections, max_connections: of the fullest database server.
    """

    under_way: float = 0.0
    queued: float = 0.0
    workers_busy: float = 0.0
    workers: float = 0.0
    statements: dict[str, float] | None = None
    locked: dict[str, float] | None = None
    in_store: float = 0.0
    connections: float = 0.0
    max_connections: float = 0.0

    @property
    def pool_ratio(self) -> float:
        """Return the share of web workers that are busy."""
        return self.workers_busy / self.workers if self.workers else 0.0

    def in_database(self, tier: str) -> float:
        """Return the statements under way in a database tier."""
        return (self.statements or {}).get(tier, 0.0)

    def in_lock(self, tier: str) -> float:
        """Return the statements in a database tier that wait for a lock."""
        return (self.locked or {}).get(tier, 0.0)


def waits_of(measurements: Sequence[Measurement]) -> Waits:
    """Return where requests were, the median over the measurements."""
    each = [_waits(m) for m in measurements]
    if not each:
        return Waits()

    def middle(pick: Callable[[Waits], float]) -> float:
        return median(pick(w) for w in each)

    return Waits(
        under_way=middle(lambda w: w.under_way),
        queued=middle(lambda w: w.queued),
        workers_busy=middle(lambda w: w.workers_busy),
        workers=middle(lambda w: w.workers),
        statements={tier: middle(lambda w, t=tier: w.in_database(t)) for tier in DATABASES},  # type: ignore[misc]
        locked={tier: middle(lambda w, t=tier: w.in_lock(t)) for tier in DATABASES},  # type: ignore[misc]
        in_store=middle(lambda w: w.in_store),
        connections=middle(lambda w: w.connections),
        max_connections=middle(lambda w: w.max_connections),
    )


def _waits(m: Measurement) -> Waits:
    by_tier = {tier: [use for use in m.use if use.tier == tier] for tier in {use.tier for use in m.use}}
    under_way = m.throughput_rps * m.latency.mean_ms / 1000
    balancer = next(iter(by_tier.get("balancer", [])), None)
    busy, workers = _pool(balancer, by_tier.get("web", []))
    queued = _value(balancer, "web/BACKEND.qcur") if balancer else max(0.0, under_way - busy)
    servers = [use for tier in DATABASES for use in by_tier.get(tier, [])]
    fullest = max(servers, key=_fullness, default=None)
    return Waits(
        under_way=under_way,
        queued=queued,
        workers_busy=busy,
        workers=workers,
        statements={tier: _sum(by_tier.get(tier, []), "statements") for tier in DATABASES},
        locked={
            tier: _sum(by_tier.get(tier, []), "row_lock_waiting") + _sum(by_tier.get(tier, []), "table_lock_waiting")
            for tier in DATABASES
        },
        in_store=_value(balancer, "store/BACKEND.scur") if balancer else _sum(by_tier.get("store", []), "in_flight"),
        connections=_value(fullest, "threads_connected") if fullest else 0.0,
        max_connections=_value(fullest, "max_connections") if fullest else 0.0,
    )  # fmt: skip


def _value(use: Use, metric: str) -> float:
    """Return a metric's median; its mean in a run that was kept before medians were."""
    return use.medians.get(metric, use.metrics.get(metric, 0.0))


def _fullness(use: Use) -> float:
    return _value(use, "threads_connected") / (_value(use, "max_connections") or 1e9)


def _sum(uses: Sequence[Use], metric: str) -> float:
    return sum(_value(use, metric) for use in uses)


def _pool(balancer: Use | None, web: Sequence[Use]) -> tuple[float, float]:
    """Return (requests in the web tier's workers, how many it takes at once).

    Behind a balancer its limit counts: an idle connection that it keeps open holds a worker, too. Without one the
    workers count; the collector needs one of them for its answer, so that one is left out.
    """
    names = [f"web/{use.target}." for use in web]
    limit = sum(_value(balancer, f"{name}slim") for name in names) if balancer else 0.0
    if balancer and limit:
        return sum(_value(balancer, f"{name}scur") for name in names), limit
    busy = _sum(web, "busy_workers")
    return busy, busy + _sum(web, "idle_workers")
