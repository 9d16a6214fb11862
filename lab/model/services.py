"""The services of a topology, by name, without rendering it."""

from __future__ import annotations

from lab.model.state import RunningLab
from lab.model.topology import Topology


def service_names(topology: Topology) -> list[str]:
    """Return the name of every service that a lab of this topology has, the one-shot one included."""
    names = [
        "credentials",
        "db-primary",
        *topology.web_names,
        *topology.cache_names,
        *topology.db_replica_names,
    ]
    names += ["balancer"] if topology.has_balancer else []
    names += ["store"] if topology.store == "s3" else []
    return sorted(names)


def missing_services(lab: RunningLab) -> list[str]:
    """Return the services of the lab's topology that have no container: a command was killed half-way."""
    if lab.topology is None:
        return []
    there = {container.service for container in lab.containers}
    return [name for name in service_names(lab.topology) if name not in there]
