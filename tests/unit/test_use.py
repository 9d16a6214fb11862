"""Utilisation from two samples, and the tier that binds."""

from __future__ import annotations

import pytest

from lab.model.state import CpuSample
from lab.model.use import TierValues, use_of


def _sample(t_s: float, cpu_s: float, periods: int = 0, throttled: int = 0) -> CpuSample:
    return CpuSample(
        t_s=t_s, cpu_s=cpu_s, periods=periods, throttled_periods=throttled, throttled_s=0, memory_bytes=1000
    )


def test_use_of_a_quota() -> None:
    use = use_of("web-1", "web", _sample(0, 1), _sample(10, 1.95, 200, 150), 0.10, {"busy_workers": 8})
    assert use.cpu_cores == pytest.approx(0.095)
    assert use.cpu_of_quota_ratio == pytest.approx(0.95)
    assert use.throttled_ratio == pytest.approx(0.75)


def test_no_quota_no_ratio() -> None:
    use = use_of("balancer", "balancer", _sample(0, 1), _sample(10, 2), None, {})
    assert (use.quota_cores, use.cpu_of_quota_ratio, use.throttled_ratio) == (None, None, 0.0)


def test_values_are_meaned_per_target() -> None:
    values = TierValues()
    values.add("web-1", {"busy_workers": 2, "name": "x", "up": True})
    values.add("web-1", {"busy_workers": 4})
    assert values.means("web-1") == {"busy_workers": 3}
    assert values.means("web-9") == {}


def test_medians_are_kept_of_what_the_verdict_looks_at() -> None:
    values = TierValues()
    for queued in (0, 0, 30):
        values.add("balancer", {"web/BACKEND.qcur": queued, "web/BACKEND.rtime": 5})
    assert values.medians("balancer") == {"web/BACKEND.qcur": 0}
    assert values.medians("web-9") == {}
