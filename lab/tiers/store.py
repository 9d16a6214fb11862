"""MinIO, the S3 object store."""

from __future__ import annotations

from lab.model.cpu import quota
from lab.model.plan import STORE_CPU
from lab.model.topology import Topology
from lab.tiers.base import Part, one_service

NAME = "store"


def part(topology: Topology) -> Part:
    """Return the store, or nothing when uploads stay on the replicas."""
    if topology.store != "s3":
        return Part()
    share = quota(STORE_CPU)
    values = {"period_us": str(share.period_us), "quota_us": str(share.quota_us), "cores": f"{STORE_CPU:g}"}
    _, service = one_service(NAME, NAME, values, image_name="store")
    return Part(services=(service,), volumes=("store-data",))
