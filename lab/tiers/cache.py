"""memcached nodes, for cached data and for sessions."""

from __future__ import annotations

from lab.model.topology import Topology
from lab.tiers.base import Part, one_service

NAME = "cache"


def part(topology: Topology) -> Part:
    """Return the cache nodes, or nothing when neither sessions nor data use them."""
    built = [one_service(NAME, name, {"name": name}, image_name="cache") for name in topology.cache_names]
    if not built:
        return Part()
    return Part(shared=built[0][0], services=tuple(service for _, service in built))
