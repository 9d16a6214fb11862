"""Demands, where requests wait, and who emits errors, on small numbers that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.model.demand_table import demand_table, nearest_limit
from lab.model.errors_by_tier import emitter
from lab.model.measurement import Measurement, Use
from lab.model.topology import resolve
from lab.model.verdict import verdict_of
from lab.model.waits import waits_of
from tests.unit.run_samples import sample_measurement


def use(target: str, tier: str, cores: float, quota: float | None = None, **metrics: float) -> Use:
    return Use(
        target=target, tier=tier, cpu_cores=cores, quota_cores=quota, cpu_of_quota_ratio=cores / quota if quota else None,
        throttled_ratio=1.0, memory_bytes=1, metrics=metrics, medians=metrics,
    )  # fmt: skip


def measurement(*uses: Use, **changes: Any) -> Measurement:
    return replace(sample_measurement(resolve({}), 50.0, 1), throughput_rps=50.0, use=uses, **changes)


def test_demand_utilisation_and_bound() -> None:
    m = measurement(use("web-1", "web", 0.09, 0.1), use("web-2", "web", 0.07, 0.1), use("db-primary", "db-primary", 0.03, 0.3))  # fmt: skip
    web, database = demand_table([m])
    assert web.demand_ms == pytest.approx(1000 * 0.16 / 50)
    assert web.utilisation == pytest.approx(0.8)
    assert web.x_max_rps == pytest.approx(62.5)
    assert database.x_max_rps == pytest.approx(500)
    assert nearest_limit([web, database]) == "web"


def test_without_a_quota_the_threads_count_and_a_lower_quota_wins() -> None:
    balancer, cache = demand_table(
        [measurement(use("balancer", "balancer", 0.5), use("cache-1", "cache", 0.5, None, threads=4))]
    )
    assert (balancer.capacity_cores, balancer.has_quota) == (1.0, False)
    assert cache.utilisation == pytest.approx(0.125)
    (balancer,) = demand_table([measurement(use("balancer", "balancer", 0.05, 0.05))])
    assert (balancer.capacity_cores, balancer.has_quota, balancer.utilisation) == (0.05, True, 1.0)


def test_the_busiest_cache_node_counts_because_a_key_lives_on_one() -> None:
    (cache,) = demand_table(
        [measurement(use("cache-1", "cache", 0.02, 0.1), use("cache-2", "cache", 0.1, 0.1))]
    )
    assert cache.utilisation == pytest.approx(1.0)


def test_a_tier_of_which_one_has_no_known_capacity_has_no_bound() -> None:
    (web,) = demand_table([measurement(use("web-1", "web", 0.02, 0.1), use("web-2", "web", 0.1))])
    assert (web.utilisation, web.x_max_rps) == (None, None)
    assert nearest_limit([web]) == ""


def test_where_requests_are() -> None:
    balancer = {
        "web/BACKEND.qcur": 16.0,
        "web/web-1.scur": 8.0,
        "web/web-1.slim": 8.0,
        "store/BACKEND.scur": 1.0,
    }
    m = measurement(
        use("balancer", "balancer", 0.01, None, **balancer),
        use("web-1", "web", 0.01, 0.1, busy_workers=8, idle_workers=2),
        use("db-primary", "db-primary", 0.01, 0.3, statements=7, row_lock_waiting=5, table_lock_waiting=1),
    )
    waits = waits_of([m])
    assert (waits.queued, waits.workers_busy, waits.workers, waits.pool_ratio) == (16, 8, 8, 1.0)
    assert (waits.in_database("db-primary"), waits.in_lock("db-primary"), waits.in_store) == (7, 6, 1)
    assert verdict_of([m]).culprit == "db-primary"


def test_without_a_balancer_apaches_own_workers_count_and_the_rest_queues() -> None:
    m = measurement(use("web-1", "web", 0.01, 0.1, busy_workers=10, idle_workers=0))
    waits = waits_of([m])
    assert waits.pool_ratio == 1.0
    assert waits.queued == pytest.approx(waits.under_way - 10)


def failing(*uses: Use) -> Measurement:
    errors = [{"name": "photo", "error": "status 500, expected 200", "count": 100}]
    return measurement(*uses, failures=100, errors=errors, problems=("errors: many",))


def test_the_emitter_is_the_downstream_most_that_says_so() -> None:
    web = use("web-2", "web", 0.01, 0.1)
    balancer = use("balancer", "balancer", 0.01, None, **{"web/web-2.hrsp_5xx_per_s": 4.0, "public/FRONTEND.hrsp_5xx_per_s": 4.0})  # fmt: skip
    tier, lines, is_sure = emitter([failing(balancer, web)])
    assert (tier, is_sure) == ("web", True)
    assert any("web-2" in line for line in lines)
    refusing = use("db-primary", "db-primary", 0.01, 0.3, refused_connections_per_s=3.0)
    assert emitter([failing(balancer, web, refusing)])[0] == "db-primary"
    full = use("db-primary", "db-primary", 0.01, 0.3, refuses_collector=1.0)
    tier, lines, is_sure = emitter([failing(balancer, web, full)])
    assert (tier, is_sure) == ("db-primary", True)
    assert "max_connections" in lines[-1]
    storing = use("store", "store", 0.01, 0.3, errors_5xx_per_s=3.0)
    assert emitter([failing(web, storing)])[0] == "store"


def test_beside_a_database_that_could_not_be_read_nobody_is_named_for_sure() -> None:
    web = use("web-2", "web", 0.01, 0.1)
    balancer = use("balancer", "balancer", 0.01, None, **{"web/web-2.hrsp_5xx_per_s": 4.0})
    tier, lines, is_sure = emitter([failing(balancer, web, use("db-primary", "db-primary", 0.01, 0.3))])
    assert (tier, is_sure) == ("web", False)
    assert "db-primary could not be read" in lines[-1]


def test_errors_that_only_the_balancer_counts_are_its_own() -> None:
    balancer = use("balancer", "balancer", 0.01, None, **{"public/FRONTEND.hrsp_5xx_per_s": 4.0})
    assert emitter([failing(balancer, use("web-1", "web", 0.01, 0.1))])[0] == "balancer"
    assert verdict_of([failing(balancer)]).kind == "errors"


def test_wrong_pages_are_the_webs_but_only_perhaps() -> None:
    tier, _, is_sure = emitter([failing(use("balancer", "balancer", 0.01), use("web-1", "web", 0.01, 0.1))])
    assert (tier, is_sure) == ("web", False)
