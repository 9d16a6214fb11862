"""What workflows need from outside, as small Protocols. Adapters implement them; tests use fakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from lab.model.cpu import Quota
from lab.model.fit import Room
from lab.model.holder import Holder
from lab.model.power import Power
from lab.model.scenario import Scenario
from lab.model.speed import Reference
from lab.model.state import Container, CpuSample, Machine


class Changes(Protocol):
    """What the engine says about a lab's containers while somebody listens."""

    def wait(self, timeout_s: float) -> None:
        """Return when a container has become healthy or unhealthy or has ended; at the latest after the timeout."""
        ...


class Engine(Protocol):
    """The Docker engine, wherever it is."""

    def machine(self) -> Machine:
        """Describe the engine's machine. Raises MachineNotReady when there is no usable engine."""
        ...

    def api_version(self) -> str:
        """Return the version of the API that commands speak with the engine, `1.45`."""
        ...

    def containers(self, lab: str | None = None) -> list[Container]:
        """Return the containers of one lab, or of all labs, whatever their state."""
        ...

    def foreign(self, lab: str) -> list[str]:
        """Return what a compose project of the lab's name has that is no lab's: container, network, volume names."""
        ...

    def lab_names(self) -> list[str]:
        """Return the names of all labs that have anything here: a container, a network or a volume."""
        ...

    def run_in(self, container: str, argv: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """Run a command in a container and return its output. Raises LabError when it fails."""
        ...

    def quotas(self, container_ids: Sequence[str]) -> dict[str, Quota | None]:
        """Return the CPU quota of each container that is there, by id; None without one."""
        ...

    def set_quota(self, containers: Sequence[str], quota: Quota | None) -> None:
        """Change the CPU quota of running containers, by id; None lifts it."""
        ...

    def sample(self, container: str) -> CpuSample:
        """Read a container's CPU and memory counters (about 10 ms)."""
        ...

    def start(self, container_ids: Sequence[str]) -> None:
        """Start created or stopped containers, in this order. Raises PortBusy when a port cannot be published."""
        ...

    def run_once(self, container_id: str) -> None:
        """Start a container and wait for its end. Raises LabError with its last words when it fails."""
        ...

    def changes(self, lab: str) -> AbstractContextManager[Changes]:
        """Listen to a lab's containers until the context is left."""
        ...

    def last_lines(self, container_id: str, count: int) -> str:
        """Return the end of a container's log."""
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


class Probe(Protocol):
    """The measuring container, on the lab's own networks."""

    def remove_orphans(self, lab: str) -> None:
        """Remove the probes of killed commands. Raises MachineNotReady beside one whose command still runs."""
        ...

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
        """Return every readable run's document, oldest first."""
        ...

    def sorted_out(self) -> tuple[Mapping[str, dict[str, Any]], Sequence[str]]:
        """Return every readable run's document by folder name, oldest first, and why each other one cannot be read."""
        ...


class Journals(Protocol):
    """What unfinished sweeps have measured: one append-only text each, by run id."""

    def path(self, run_id: str) -> Path:
        """Return the folder of an unfinished run."""
        ...

    def append(self, run_id: str, text: str) -> None:
        """Add whole lines; they are on the disk when this returns. Raises MachineNotReady."""
        ...

    def shorten(self, run_id: str, size_bytes: int) -> None:
        """Cut off what comes after so many bytes: a line that was torn."""
        ...

    def texts(self) -> Mapping[str, str]:
        """Return every journal's text by run id, oldest first; those whose run is kept are removed."""
        ...

    def remove(self, run_id: str) -> None:
        """Forget an unfinished run."""
        ...


class Scenarios(Protocol):
    """Where scenarios come from."""

    def names(self) -> list[str]:
        """Return the names of all scenarios, sorted."""
        ...

    def load(self, reference: str) -> Scenario:
        """Return a scenario by name or path. Raises BadInput."""
        ...


class Locks(Protocol):
    """One command at a time for each lab."""

    def take(self, lab: str, command: str) -> Holder | None:
        """Take a lab's lock; return None when it is ours, else who has it. Raises OSError when none can be had."""
        ...

    def release(self, lab: str) -> None:
        """Give a lab's lock back."""
        ...


class Clock(Protocol):
    """Time."""

    def now_s(self) -> float:
        """Return unix seconds."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never step."""
        ...

    def asleep_s(self) -> float:
        """Return how long this computer has slept since some fixed moment; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


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
