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


# The measuring container: the collectors and one process with Locust; each further one takes 35 MiB.
GENERATOR_MEMORY_BYTES: Final = 120 * MIB

# What a container writes: MySQL's data directory copied from the image, and two log files of 2 MB (compose/common.yaml).
LOG_MIB: Final = 4
DATA_MIB: Final = {"db-primary": 300, "db-replica": 300, "store": 50}
# Layers of an image, its build stages included.
IMAGE_MIB: Final = {
    "base": 130,
    "web": 300,
    "base-sid": 130,
    "db": 800,
    "probe": 400,
    "balancer": 30,
    "cache": 60,
    "store": 3500,
}


def lab_disk_bytes(topology: Topology) -> int:
    """Return what a topology's volumes and logs take."""
    by_tier = counts(topology)
    mib = sum((DATA_MIB.get(tier, 0) + LOG_MIB) * count for tier, count in by_tier.items())
    return mib * MIB


def image_disk_bytes(name: str) -> int:
    """Return what building an image takes."""
    return IMAGE_MIB.get(name, 0) * MIB
