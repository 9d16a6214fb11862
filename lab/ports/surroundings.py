"""The machine that figures are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.model.fit import Room
    from lab.model.power import Power
    from lab.model.speed import Reference


class Surroundings(Protocol):
    """What a plan or a figure is compared with: room and speed of the engine's machine, and how this computer is fed."""

    def room(self) -> Room:
        """Return cores, memory and disk of the engine's machine, total and free now (1 s if it is elsewhere)."""
        ...

    def power(self) -> Power:
        """Return whether this computer runs on battery or saves power; nothing known if the engine is another's."""
        ...

    def speed(self, *, fresh: bool) -> Reference | None:
        """Return how fast the engine's machine is, as measured once (`fresh`: now, 3 s); None without the web image."""
        ...

    def ceiling_rps(self) -> float | None:
        """Return how many requests a second one process of the load generator can make here; None = not measured yet."""
        ...

    def keep_ceiling(self, ceiling_rps: float) -> None:
        """Keep that figure for this machine and this image of the generator."""
        ...
