"""Utilisation from two samples, and the tier that binds."""

from __future__ import annotations

import pytest

from lab.model.limit import limit_sentence
from lab.model.state import CpuSample
from lab.model.topology import resolve
from lab.model.use import TierValues, tier_mean, use_of

FULL = resolve({})


def _sample(t_s: float, cpu_s: float, periods: int = 0, throttled: int = 0) -> CpuSample:
    return CpuSample(
        t_s=t_s, cpu_s=cpu_s, periods=periods, throttled_periods=throttled, throttled_s=0, memory_bytes=1000
    )


def test_use_of_a_quota() -> None:
    use = use_of("web-1", "web", _sample(0, 1), _sample(10, 1.95, 200, 150), FULL, {"busy_workers": 8})
    assert use.cpu_cores == pytest.approx(0.095)
    assert use.cpu_of_quota_ratio == pytest.approx(0.95)
    assert use.throttled_ratio == pytest.approx(0.75)


def test_no_quota_no_ratio() -> None:
    use = use_of("balancer", "balancer", _sample(0, 1), _sample(10, 2), FULL, {})
    assert (use.quota_cores, use.cpu_of_quota_ratio, use.throttled_ratio) == (None, None, 0.0)


def test_the_busiest_tier_binds_and_the_next_is_named() -> None:
    use = [
        use_of("web-1", "web", _sample(0, 0), _sample(10, 0.97), FULL, {}),
        use_of("db-primary", "db-primary", _sample(0, 0), _sample(10, 1.2), FULL, {}),
    ]
    assert limit_sentence(use) == ("web CPU, 97% of its quota", "db-primary")


def test_nothing_binds() -> None:
    use = [use_of("web-1", "web", _sample(0, 0), _sample(10, 0.5), FULL, {})]
    assert limit_sentence(use)[0].startswith("no tier's CPU is at its quota (highest: web, 50%)")
    assert limit_sentence([])[0].startswith("not explained")


def test_values_are_meaned_per_target() -> None:
    values = TierValues()
    values.add("web-1", {"busy_workers": 2, "name": "x", "up": True})
    values.add("web-1", {"busy_workers": 4})
    assert values.means("web-1") == {"busy_workers": 3}
    assert values.means("web-9") == {}


def test_tier_mean() -> None:
    use = [
        use_of(f"web-{i}", "web", _sample(0, 0), _sample(10, i / 10), FULL, {"q": float(i)}) for i in (1, 2)
    ]
    found = tier_mean(use, "web")
    assert found is not None
    assert found.cpu_cores == pytest.approx(0.015)
    assert found.metrics == {"q": 1.5}
    assert tier_mean(use, "cache") is None
