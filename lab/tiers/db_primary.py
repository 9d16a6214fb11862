"""The MySQL primary: every write goes here."""

from __future__ import annotations

from lab.model.cpu import quota
from lab.model.topology import Topology
from lab.tiers.base import Part, one_service

NAME = "db-primary"


def part(topology: Topology) -> Part:
    """Return the primary and its data volume."""
    share = quota(topology.db_cpu)
    values = {
        "period_us": str(share.period_us),
        "quota_us": str(share.quota_us),
        "cores": f"{topology.db_cpu:g}",
        "durability": topology.durability,
    }
    shared, service = one_service(NAME, NAME, values, image_name="db")
    return Part(shared=shared, services=(service,), volumes=("db-primary-data",))
