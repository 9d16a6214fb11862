"""The one-shot service that makes a lab's passwords at its first start."""

from __future__ import annotations

from lab.model.topology import Topology
from lab.tiers.base import Part, one_service

NAME = "credentials"


def part(_topology: Topology) -> Part:
    """Return the one-shot service and its volume."""
    _, service = one_service(NAME, NAME, {}, image_name="db")
    return Part(services=(service,), volumes=("credentials",))
