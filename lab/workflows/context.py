"""What every workflow gets: the lab's name and the ports to the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.ports import (
        Clock,
        ComposeFactory,
        Engine,
        Journals,
        Locks,
        Probe,
        Reporter,
        Results,
        Scenarios,
        Surroundings,
    )
    from lab.workflows.doctor import MachineControl
    from lab.workflows.generators import Generators
    from lab.workflows.images import ImageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One command's surroundings, built once in `lab.cli.wiring`."""

    lab: str
    engine: Engine
    compose: ComposeFactory
    probe: Probe
    results: Results
    journals: Journals
    scenarios: Scenarios
    images: ImageStore
    machine: MachineControl
    surroundings: Surroundings
    clock: Clock
    locks: Locks
    reporter: Reporter
    generators: Generators
