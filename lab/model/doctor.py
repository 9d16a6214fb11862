"""What the lab needs from a machine, as checks over observed facts. Pure: nothing here looks at anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from lab.model.fit import Room
from lab.model.suggest import Suggestion, suggest

Status = Literal["ok", "warn", "fail"]

MIN_API: Final = (1, 43)  # Engine 24, the oldest that is tested: docs/engines.md
MIN_COMPOSE: Final = (2, 26)  # the oldest that is tested; configs.content came with 2.23.1
GIB: Final = 2**30
MIN_MEMORY: Final = 1.5 * GIB  # one web replica, MySQL, the generator, a margin
GOOD_MEMORY: Final = 3.5 * GIB  # the full lab
IMAGES_DISK: Final = 8 * GIB  # images, MinIO's compiler and module cache, a few labs
LAB_DISK: Final = 2 * GIB  # volumes of a few labs
START_ENGINE: Final = (
    "start Docker (Desktop, Colima, `systemctl start docker`); on Debian or Ubuntu as root: lab doctor --fix"
)
BOOTSTRAP_AS_ROOT: Final = (
    'once as root, for everybody who uses this engine: sudo "$(command -v lab)" images build base base-sid; '
    "or bring the images in a file: lab images load FILE"
)
QUOTA_TODO: Final = (
    "a kernel with CONFIG_CFS_BANDWIDTH; rootless Docker: delegate the cpu controller (systemd, cgroup v2)"
)
DOCKER_INSTEAD: Final = (
    "use Docker Engine, Docker Desktop or Colima; DOCKER_HOST or `docker context use` says which"
)
INSTALL: Final = "on Debian or Ubuntu as root: lab doctor --fix; elsewhere install it from its own project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was seen. None: could not be seen here.

    Attributes:
        engine_problem, engine_hint: why no engine answers, and what helps; "" when one does.
        can_start: the missing engine would be this machine's own: not one elsewhere, nor one that refuses this user.
        is_local: the engine runs on this machine, not in a VM or elsewhere.
        podman_version: of the Podman that answers in Docker's place; "" for Docker.
        clock_skew_s: the engine's clock minus ours.
        idle_ratio, steal_ratio: of all cores over one second.
        power: "mains", "battery", or "low-power" when the machine is told to save.
        work_ms: CPU time of the unit of PHP work; runs are normalised to it. None while the web image is not built.
        has_base, can_pull, has_mmdebstrap: ways to the Debian root file system that images start from.
        can_bootstrap: this user may be root where mmdebstrap needs it.
    """

    has_docker: bool
    engine_problem: str = ""
    engine_hint: str = ""
    can_start: bool = True
    engine_version: str = ""
    api_version: str = ""
    podman_version: str = ""
    compose_version: str = ""
    buildx_version: str = ""
    machine: str = ""
    is_local: bool = True
    cores: int = 0
    memory_bytes: int = 0
    memory_free_bytes: int | None = None
    disk_free_bytes: int | None = None
    cgroup_version: str = ""
    has_cpu_quota: bool = False
    clock_skew_s: float | None = None
    idle_ratio: float | None = None
    steal_ratio: float | None = None
    power: str | None = None
    work_ms: float | None = None
    free_port: int | None = None
    has_base: bool = False
    can_pull: bool = False
    has_mmdebstrap: bool = False
    can_bootstrap: bool = True

    @property
    def has_engine(self) -> bool:
        """Say whether an engine answers."""
        return self.has_docker and not self.engine_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the table: `found` says what is, `todo` what helps ("" when nothing is needed)."""

    name: str
    status: Status
    found: str
    todo: str = ""


def version_tuple(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: `v2.26.1+ds1-4` is (2, 26, 1); () when there is none."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def checks(facts: Facts) -> list[Check]:
    """Return every check, in the order in which problems should be solved."""
    found = [_docker(facts)]
    if not facts.has_engine:
        return [*found, _port(facts), *_power(facts)]
    found += [
        _engine_age(facts),
        _compose(facts),
        _buildx(facts),
        _base(facts),
        _cores(facts),
        _memory(facts),
    ]
    found += [*_disk(facts), _port(facts), _cgroup(facts), *_clock(facts), *_noise(facts)]
    return [*found, *_speed(facts), *_power(facts)]


def _docker(facts: Facts) -> Check:
    if not facts.has_docker:
        return Check(name="engine", status="fail", found="no docker command", todo=INSTALL)
    if facts.engine_problem:
        todo = facts.engine_hint or START_ENGINE
        return Check(name="engine", status="fail", found=facts.engine_problem, todo=todo)
    if facts.podman_version:
        found = f"Podman {facts.podman_version} in Docker's place, which lab does not support"
        return Check(name="engine", status="fail", found=found, todo=DOCKER_INSTEAD)
    where = "" if facts.is_local else f", on {facts.machine}, not on this machine itself"
    return Check(name="engine", status="ok", found=f"Docker {facts.engine_version}{where}")


def _engine_age(facts: Facts) -> Check:
    if version_tuple(facts.api_version) >= MIN_API:
        return Check(name="engine API", status="ok", found=facts.api_version)
    need = ".".join(map(str, MIN_API))
    return Check(
        name="engine API",
        status="fail",
        found=f"{facts.api_version or 'unknown'}; needs {need} (Engine 24 or newer)",
        todo="update Docker",
    )


def _compose(facts: Facts) -> Check:
    version = version_tuple(facts.compose_version)
    if version >= MIN_COMPOSE:
        return Check(name="compose", status="ok", found=facts.compose_version)
    need = ".".join(map(str, MIN_COMPOSE))
    found = f"{facts.compose_version}; needs {need}" if version else "no `docker compose` plug-in"
    return Check(name="compose", status="fail", found=found, todo=INSTALL)


def _buildx(facts: Facts) -> Check:
    if facts.buildx_version:
        return Check(name="buildx", status="ok", found=facts.buildx_version)
    return Check(
        name="buildx", status="fail", found="no `docker buildx` plug-in: no image can be built", todo=INSTALL
    )


def _base(facts: Facts) -> Check:
    name = "base image"
    if facts.has_base:
        return Check(name=name, status="ok", found="built")
    if facts.can_pull:
        return Check(name=name, status="ok", found="can be pulled")
    if facts.has_mmdebstrap and not facts.can_bootstrap:
        return Check(
            name=name,
            status="fail",
            found="no registry answers, and mmdebstrap needs root or user namespaces, which this user has not",
            todo=BOOTSTRAP_AS_ROOT,
        )
    if facts.has_mmdebstrap:
        return Check(name=name, status="ok", found="mmdebstrap can make it where it cannot be pulled")
    return Check(
        name=name,
        status="fail",
        found="no registry answers, and mmdebstrap is not installed",
        todo="on Debian or Ubuntu as root: lab doctor --fix; elsewhere a network from which `docker pull` works, or "
        "lab images load FILE",
    )


def _cores(facts: Facts) -> Check:
    if facts.cores >= 2:
        return Check(name="cores", status="ok", found=str(facts.cores))
    return Check(
        name="cores",
        status="warn",
        found=f"{facts.cores}: load generator and lab compete for it",
        todo="give the virtual machine 2 or more; else use small topologies (--stage single)",
    )


def _memory(facts: Facts) -> Check:
    free = facts.memory_bytes if facts.memory_free_bytes is None else facts.memory_free_bytes
    found = f"{facts.memory_bytes / GIB:.1f} GiB, {free / GIB:.1f} GiB free"
    if free < MIN_MEMORY:
        todo = f"free some: the smallest lab needs {MIN_MEMORY / GIB:.1f} GiB (Docker Desktop: Settings, Resources)"
        return Check(name="memory", status="fail", found=found, todo=todo)
    if free < GOOD_MEMORY:
        todo = f"the full lab with 8 replicas likes {GOOD_MEMORY / GIB:.1f} GiB"
        return Check(name="memory", status="warn", found=found, todo=todo)
    return Check(name="memory", status="ok", found=found)


def _disk(facts: Facts) -> Iterator[Check]:
    if facts.disk_free_bytes is None:
        return
    need = LAB_DISK if facts.has_base else IMAGES_DISK
    found = f"{facts.disk_free_bytes / GIB:.0f} GiB free"
    if facts.disk_free_bytes >= need:
        yield Check(name="disk", status="ok", found=found)
    else:
        todo = f"{need / GIB:.0f} GiB are needed; `docker system df` shows what Docker holds"
        yield Check(name="disk", status="fail", found=found, todo=todo)


def _port(facts: Facts) -> Check:
    if facts.free_port is None:
        return Check(
            name="port",
            status="warn",
            found="8080 to 8089 are taken",
            todo="lab up --port N with a free port",
        )
    return Check(name="port", status="ok", found=f"{facts.free_port} is free")


def _cgroup(facts: Facts) -> Check:
    found = f"cgroup v{facts.cgroup_version}"
    if facts.has_cpu_quota:
        return Check(name="CPU quota", status="ok", found=found)
    return Check(
        name="CPU quota",
        status="fail",
        found=f"{found} without CFS quota: a replica cannot be held to its share, so no curve means anything",
        todo=QUOTA_TODO,
    )


def _clock(facts: Facts) -> Iterator[Check]:
    if facts.clock_skew_s is None:
        return
    if abs(facts.clock_skew_s) < 2:
        yield Check(name="clock", status="ok", found="agrees with the engine's")
    else:
        found = f"the engine's clock is {facts.clock_skew_s:+.0f} s off"
        yield Check(name="clock", status="warn", found=found, todo="restart the engine's virtual machine")


def _noise(facts: Facts) -> Iterator[Check]:
    if facts.idle_ratio is None:
        return
    found = f"{facts.idle_ratio:.0%} idle, {facts.steal_ratio or 0.0:.1%} stolen by other virtual machines"
    if is_quiet(facts):
        yield Check(name="noise", status="ok", found=found)
    else:
        yield Check(name="noise", status="warn", found=found, todo="close what is busy before you measure")


def is_quiet(facts: Facts) -> bool:
    """Say whether the machine had next to nothing to do; also where that could not be seen."""
    return (facts.idle_ratio is None or facts.idle_ratio >= 0.8) and (facts.steal_ratio or 0.0) <= 0.02


def _speed(facts: Facts) -> Iterator[Check]:
    if facts.work_ms is not None:
        found = f"{facts.work_ms:.2f} ms for the unit of PHP work: throughput is normalised to it"
        yield Check(name="speed", status="ok", found=found)


def _power(facts: Facts) -> Iterator[Check]:
    if facts.power in {"battery", "low-power"}:
        found = "on battery" if facts.power == "battery" else "a power-saving profile is on"
        yield Check(
            name="power",
            status="warn",
            found=found,
            todo="plug in and choose the balanced or performance profile",
        )
    elif facts.power == "mains":
        yield Check(name="power", status="ok", found="mains")


def suggestion(facts: Facts) -> Suggestion | None:
    """Return the plan that suits the engine's machine; None without an engine, or where not even one page fits."""
    if not facts.has_engine:
        return None
    room = Room(
        cores=facts.cores,
        memory_bytes=facts.memory_bytes,
        memory_free_bytes=facts.memory_free_bytes,
        disk_free_bytes=facts.disk_free_bytes,
    )
    return suggest(room)


def as_document(facts: Facts, found: list[Check]) -> dict[str, Any]:
    """Return the JSON document of `lab doctor --json`."""
    return {
        "schema": "lab.doctor/1",
        "ready": all(check.status != "fail" for check in found),
        "checks": [asdict(check) for check in found],
        "suggestion": plan.as_document() if (plan := suggestion(facts)) else None,
        "facts": asdict(facts),
    }
