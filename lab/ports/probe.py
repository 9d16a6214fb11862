"""The measuring container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Probe(Protocol):
    """The measuring container, on the lab's own networks."""

    def remove_orphans(self, lab: str) -> None:
        """Remove the probes of killed commands. Raises MachineNotReady beside one whose command still runs."""
        ...

    def run(self, lab: str, job: Mapping[str, Any]) -> AbstractContextManager[Iterator[dict[str, Any]]]:
        """Start the probe with a job; iterate over its events. Leaving the context ends it."""
        ...
