"""Where scenarios come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.model.scenario import Scenario


class Scenarios(Protocol):
    """Where scenarios come from."""

    def names(self) -> list[str]:
        """Return the names of all scenarios, sorted."""
        ...

    def load(self, reference: str) -> Scenario:
        """Return a scenario by name or path. Raises BadInput."""
        ...
