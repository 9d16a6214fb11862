"""`docker compose`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Compose(Protocol):
    """`docker compose` on one rendered lab."""

    def create(self, services: Sequence[str]) -> None:
        """Create what services need: networks, volumes, containers; what differs from its description is replaced."""
        ...

    def up(
        self, services: Sequence[str] = (), *, recreate: bool = False, deps: bool = True, wait: bool = True
    ) -> None:
        """Create and start services (all when none are named) and, by default, wait until they are healthy."""
        ...

    def remove_volumes(self, volumes: Sequence[str]) -> None:
        """Remove named volumes of this lab, by compose name."""
        ...


class ComposeFactory(Protocol):
    """Makes a `Compose` for a lab; also what works without a rendered file."""

    def __call__(self, *, lab: str, text: str, overlay: Mapping[str, Any], port: int | None) -> Compose:
        """Bind a rendered compose file to a lab's name and port."""
        ...

    def down(self, lab: str, *, volumes: bool) -> None:
        """Remove what is left when a lab's containers are gone: networks (and volumes), found by their labels."""
        ...

    def volumes(self, lab: str) -> list[str]:
        """Return the names of a lab's volumes, also of one that does not run."""
        ...
