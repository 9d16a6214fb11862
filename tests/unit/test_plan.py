"""What a topology needs, and whether a machine has it."""

from __future__ import annotations

import pytest

from lab.model.plan import MIB, counts, host_bound, needs, quota_cores
from lab.model.topology import resolve

LAPTOP = {"cores": 2, "memory_bytes": 8192 * MIB}


def test_needs_of_the_full_lab() -> None:
    cost = needs(resolve({}))
    assert cost.containers == 9
    assert cost.cpu_cores == pytest.approx(3 * 0.10 + 0.30 + 2 * 0.15 + 0.25)
    assert sum(counts(resolve({})).values()) == cost.containers


@pytest.mark.parametrize("stage", ["single", "balanced", "shared", "cached", "full"])
def test_every_stage_fits_a_two_core_laptop(stage: str) -> None:
    assert host_bound(resolve({"stage": stage}), **LAPTOP) is None


def test_eight_cached_replicas_fit_two_cores_and_sixteen_do_not() -> None:
    assert host_bound(resolve({"stage": "cached", "store": "local", "replicas": 8}), **LAPTOP) is None
    why = host_bound(resolve({"stage": "cached", "store": "local", "replicas": 16}), **LAPTOP)
    assert why == "its CPU shares need 2.05 cores and 1.80 of 2 are usable"


def test_memory_counts_too() -> None:
    why = host_bound(resolve({}), cores=8, memory_bytes=1024 * MIB)
    assert why is not None
    assert "MiB of 1,024 MiB" in why


def test_only_tiers_with_a_quota_have_one() -> None:
    t = resolve({})
    assert {tier: quota_cores(t, tier) for tier in counts(t)} == {
        "balancer": None, "web": 0.1, "cache": None, "db-primary": 0.3, "db-replica": 0.15, "store": 0.25,
    }  # fmt: skip
