"""What is observed of a running lab, as values: containers, machine, CPU counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.model.lab_name import LAB_NAME
from lab.model.topology import Topology

LABEL_LAB = "lab.name"
LABEL_TIER = "lab.tier"
LABEL_SPEC = "lab.spec"
LABEL_TOPOLOGY = "lab.topology"
LABEL_ROLE = "lab.role"  # "probe" for measuring containers, which belong to no compose project
LABEL_OWNER = "lab.owner"  # host:pid of the command that measures
LABEL_PROJECT = "com.docker.compose.project"
LABEL_SERVICE = "com.docker.compose.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a lab.

    Attributes:
        state: Docker's word: created, running, exited, ...
        health: healthy, unhealthy, starting, or "" without a check.
        host_port: the published port on 127.0.0.1, if any.
        spec: hash of what it was started from.
        labels: those that the lab reads; one without a value is absent.
    """

    id: str
    name: str
    service: str
    tier: str
    lab: str
    state: str
    health: str
    host_port: int | None
    spec: str
    image: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def oddity(self) -> str:
        """Say why this is no container of a lab although it carries the label; empty when it is one."""
        if not LAB_NAME.fullmatch(self.lab):
            return f"{LABEL_LAB}: {self.lab!r} is no lab's name"
        if not self.labels.get(LABEL_ROLE) and not (self.tier and self.spec):
            return f"{LABEL_LAB}: {self.lab}, but neither {LABEL_TIER} and {LABEL_SPEC} nor {LABEL_ROLE}"
        return ""

    @property
    def is_serving(self) -> bool:
        """Say whether it runs and, where it has a check, passes it."""
        return self.state == "running" and self.health in {"", "healthy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The engine's machine: the one whose cores and memory matter."""

    cores: int
    memory_bytes: int
    os: str
    kernel: str
    cgroup_version: str
    engine_version: str
    api_version: str
    name: str
    has_cpu_quota: bool
    architecture: str
    data_folder: str = "/"  # where the engine keeps images and volumes, on its machine


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuSample:
    """A container's counters at one instant of the engine's clock; CPU in seconds, memory in bytes."""

    t_s: float
    cpu_s: float
    periods: int
    throttled_periods: int
    throttled_s: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference between what runs and what is wanted, by service name."""

    add: Sequence[str] = ()
    replace: Sequence[str] = ()
    remove: Sequence[str] = ()
    keep: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing has to be done."""
        return not (self.add or self.replace or self.remove)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the engine says of one container of a lab.

    Attributes:
        kind: `created`, `healthy`, `unhealthy` or `ended`.
    """

    service: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLab:
    """A lab as found in the engine.

    Attributes:
        topology: None when no label of its containers can be read.
        strangers: containers of others that carry the lab's name; nothing is done to them.
    """

    name: str
    containers: Sequence[Container]
    topology: Topology | None
    strangers: Sequence[Container] = ()

    @property
    def host_port(self) -> int | None:
        """Return the published port of the lab's front door."""
        return next(
            (c.host_port for c in self.containers if c.host_port and c.tier in {"balancer", "web"}), None
        )

    def tier(self, name: str) -> list[Container]:
        """Return a tier's containers, ordered by index."""
        found = [c for c in self.containers if c.tier == name]
        return sorted(found, key=lambda c: (len(c.service), c.service))

    def container(self, service: str) -> Container | None:
        """Return the container of a service."""
        return next((c for c in self.containers if c.service == service), None)


def difference(wanted: Mapping[str, str], running: Sequence[Container]) -> Change:
    """Compare wanted specs with what runs.

    Args:
        wanted: spec hash by service name, in start order.
        running: every container of the lab, whatever its state.
    """
    have = {c.service: c for c in running}
    one_shot = {"credentials"}
    add, replace, keep = [], [], []
    for name, spec in wanted.items():
        found = have.get(name)
        if found is None:
            add.append(name)
        elif found.spec != spec:
            replace.append(name)
        elif found.state != "running" and name not in one_shot:
            add.append(name)
        else:
            keep.append(name)
    remove = sorted((name for name in have if name not in wanted), key=lambda name: (len(name), name))
    return Change(add=tuple(add), replace=tuple(replace), remove=tuple(remove), keep=tuple(keep))
