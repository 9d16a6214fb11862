"""What workflows need from outside, as small Protocols. Adapters implement them; tests use fakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from lab.model.cpu import Quota
from lab.model.scenario import Scenario
from lab.model.state import Container, CpuSample, Machine


class Engine(Protocol):
    """The Docker engine, wherever it is."""

    def machine(self) -> Machine:
        """Describe the engine's machine. Raises MachineNotReady when there is no usable engine."""
        ...

    def containers(self, lab: str | None = None) -> list[Container]:
        """Return the containers of one lab, or of all labs, whatever their state."""
        ...

    def run_in(self, container: str, argv: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """Run a command in a container and return its output. Raises LabError when it fails."""
        ...

    def set_quota(self, container: str, quota: Quota | None) -> None:
        """Change a running container's CPU quota; None lifts it."""
        ...

    def sample(self, container: str) -> CpuSample:
        """Read a container's CPU and memory counters (about 10 ms)."""
        ...

    def stop(self, container_ids: Sequence[str], *, timeout_s: int = 10) -> None:
        """Stop containers with their own stop signal; after the timeout they are killed."""
        ...

    def remove(self, container_ids: Sequence[str]) -> None:
        """Remove containers by id, running or not."""
        ...

    def image_ids(self, references: Sequence[str]) -> dict[str, str]:
        """Return the id of each image that is there, by reference."""
        ...


class Compose(Protocol):
    """`docker compose` on one rendered lab."""

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
        """Remove a lab's containers and networks (and volumes), found by their labels."""
        ...

    def volumes(self, lab: str) -> list[str]:
        """Return the names of a lab's volumes, also of one that does not run."""
        ...


class Probe(Protocol):
    """The measuring container, on the lab's own networks."""

    def run(self, lab: str, job: Mapping[str, Any]) -> AbstractContextManager[Iterator[dict[str, Any]]]:
        """Start the probe with a job; iterate over its events. Leaving the context ends it."""
        ...


class Results(Protocol):
    """The `.lab/` folder: immutable run folders."""

    def root(self) -> Path:
        """Return the results folder."""
        ...

    def save(self, run_id: str, files: Mapping[str, str]) -> Path:
        """Write a run folder atomically and return it. Raises LabError when it exists or cannot be written."""
        ...

    def folder(self, reference: str) -> Path:
        """Return a run's folder by id, unique prefix, saved name or `last`. Raises BadInput."""
        ...

    def load(self, reference: str) -> dict[str, Any]:
        """Return a run's document; the reference as for `folder`."""
        ...

    def list(self) -> Sequence[dict[str, Any]]:
        """Return every run's document, oldest first."""
        ...


class Scenarios(Protocol):
    """Where scenarios come from."""

    def names(self) -> list[str]:
        """Return the names of all scenarios, sorted."""
        ...

    def load(self, reference: str) -> Scenario:
        """Return a scenario by name or path. Raises BadInput."""
        ...


class Clock(Protocol):
    """Time."""

    def now_s(self) -> float:
        """Return unix seconds."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never step."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Reporter(Protocol):
    """Progress for a person; never results."""

    def step(self, title: str, *, expected_s: float | None = None) -> AbstractContextManager[None]:
        """Show a step while it runs, with the time it is expected to take."""
        ...

    def info(self, text: str) -> None:
        """Say one line."""
        ...

    def warn(self, text: str) -> None:
        """Say one line that should not be missed."""
        ...
