"""MinIO, the S3 object store."""

from __future__ import annotations

from lab.model.topology import Topology
from lab.tiers.base import Part, one_service

NAME = "store"


def part(topology: Topology) -> Part:
    """Return the store, or nothing when uploads stay on the replicas."""
    if topology.store != "s3":
        return Part()
    _, service = one_service(NAME, NAME, {}, image_name="store")
    return Part(services=(service,), volumes=("store-data",))
