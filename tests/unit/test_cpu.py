"""Quotas: the share is kept, and never below what the kernel honours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.cpu import quota


@pytest.mark.parametrize(
    ("cores", "quota_us", "period_us"),
    [(0.1, 5000, 50000), (0.25, 5000, 20000), (0.3, 6000, 20000), (2, 40000, 20000)],
)
def test_golden(cores: float, quota_us: int, period_us: int) -> None:
    assert (quota(cores).quota_us, quota(cores).period_us) == (quota_us, period_us)


@given(st.floats(min_value=0.05, max_value=64))
def test_rule(cores: float) -> None:
    q = quota(cores)
    assert q.quota_us / q.period_us == pytest.approx(cores, rel=1e-3)
    assert q.quota_us >= 4999
    assert 20_000 <= q.period_us <= 100_000
