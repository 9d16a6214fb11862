"""The Docker engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.model.cpu import Quota
    from lab.model.state import Container, CpuSample, Happening, Machine


class Changes(Protocol):
    """What the engine says about a lab's containers while somebody listens."""

    def wait(self, timeout_s: float) -> list[Happening]:
        """Return what has happened since the last call, as soon as something has; nothing after the timeout."""
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

    def put_files(self, container_id: str, texts: Mapping[str, str]) -> None:
        """Write files that everybody may read into a container, by absolute path, whether it runs or not."""
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
