"""MySQL read replicas: each starts from the same golden data and catches up by GTID."""

from __future__ import annotations

from lab.model.cpu import quota
from lab.model.topology import Topology
from lab.tiers import db_primary
from lab.tiers.base import Part, one_service

NAME = "db-replica"


def part(topology: Topology) -> Part:
    """Return the read replicas and their data volumes."""
    share = quota(topology.db_replica_cpu)
    values = {
        "period_us": str(share.period_us),
        "quota_us": str(share.quota_us),
        "cores": f"{topology.db_replica_cpu:g}",
        "durability": topology.durability,
    }
    built = [
        one_service(
            NAME,
            name,
            {**values, "name": name, "server_id": str(100 + i)},
            image_name="db",
            extra_spec=db_primary.part(topology).shared,
        )
        for i, name in enumerate(topology.db_replica_names, start=1)
    ]
    if not built:
        return Part()
    volumes = tuple(f"{name}-data" for name in topology.db_replica_names)
    return Part(shared=built[0][0], services=tuple(service for _, service in built), volumes=volumes)
