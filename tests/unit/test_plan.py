"""What a topology needs."""

from __future__ import annotations

import pytest

from lab.model.plan import counts, needs, quota_cores
from lab.model.topology import resolve


def test_needs_of_the_full_lab() -> None:
    cost = needs(resolve({}))
    assert cost.containers == 9
    assert cost.cpu_cores == pytest.approx(3 * 0.10 + 0.30 + 2 * 0.15 + 0.25)
    assert sum(counts(resolve({})).values()) == cost.containers


def test_only_tiers_with_a_quota_have_one() -> None:
    t = resolve({})
    assert {tier: quota_cores(t, tier) for tier in counts(t)} == {
        "balancer": None, "web": 0.1, "cache": None, "db-primary": 0.3, "db-replica": 0.15, "store": 0.25,
    }  # fmt: skip
