"""A topology in one line."""

from __future__ import annotations

from lab.model.topology import Topology


def summary(topology: Topology) -> str:
    """Return the topology in one line, in request order."""
    parts = ["HAProxy"] if topology.has_balancer else []
    parts.append(f"{topology.replicas} web")
    if topology.cache_nodes:
        parts.append(f"{topology.cache_nodes} memcached")
    parts.append("MySQL primary" + (f" + {topology.db_replicas} replicas" if topology.db_replicas else ""))
    if topology.store == "s3":
        parts.append("MinIO")
    return " · ".join(parts)
