"""What a topology needs from the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lab.model.topology import Topology

MIB: Final = 2**20
STORE_CPU: Final = 0.25  # MinIO without a limit of its own would take the machine, and every picture load would be host-bound
# Resident memory after a bench, measured; docs/adr/0005-cpu-quota.md tells how.
MEMORY_MIB: Final = {
    "balancer": 15,
    "web": 35,
    "cache": 20,
    "db-primary": 280,
    "db-replica": 270,
    "store": 250,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Containers, memory and the sum of CPU shares of a topology."""

    containers: int
    memory_bytes: int
    cpu_cores: float


def counts(topology: Topology) -> dict[str, int]:
    """Return the number of containers by tier, in request order."""
    return {
        "balancer": int(topology.has_balancer),
        "web": topology.replicas,
        "cache": topology.cache_nodes,
        "db-primary": 1,
        "db-replica": topology.db_replicas,
        "store": int(topology.store == "s3"),
    }


def needs(topology: Topology) -> Needs:
    """Return what a topology needs; the CPU figure sums the quotas (balancer and cache have none)."""
    by_tier = counts(topology)
    cpu = (
        topology.replicas * topology.web_cpu
        + topology.db_cpu
        + topology.db_replicas * topology.db_replica_cpu
        + (STORE_CPU if topology.store == "s3" else 0)
    )
    memory_mib = sum(MEMORY_MIB[tier] * count for tier, count in by_tier.items())
    return Needs(containers=sum(by_tier.values()), memory_bytes=memory_mib * MIB, cpu_cores=cpu)


def quota_cores(topology: Topology, tier: str) -> float | None:
    """Return a container's CPU limit by tier; None where it has none of its own."""
    return {
        "web": topology.web_cpu,
        "db-primary": topology.db_cpu,
        "db-replica": topology.db_replica_cpu,
        "store": STORE_CPU,
    }.get(tier)


# CPU that no quota covers, as measured at four replicas on two cores: HAProxy, memcached, generator and collectors.
UNQUOTED_CORES: Final = 0.15
USABLE_RATIO: Final = (
    0.90  # the rest belongs to the kernel and the engine; gates.MIN_HOST_IDLE_RATIO asks for it
)
USABLE_MEMORY_RATIO: Final = 0.80


def host_bound(topology: Topology, *, cores: int, memory_bytes: int) -> str | None:
    """Say why a topology would be limited by the machine and not by its tiers; None when it fits.

    Args:
        cores: of the engine's machine.
        memory_bytes: of the engine's machine.
    """
    cost = needs(topology)
    wanted = cost.cpu_cores + UNQUOTED_CORES
    usable = cores * USABLE_RATIO
    if wanted > usable:
        return f"its CPU shares need {wanted:.2f} cores and {usable:.2f} of {cores} are usable"
    if cost.memory_bytes > memory_bytes * USABLE_MEMORY_RATIO:
        return f"it needs about {cost.memory_bytes / MIB:,.0f} MiB of {memory_bytes / MIB:,.0f} MiB"
    return None
