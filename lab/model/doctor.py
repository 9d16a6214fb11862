"""What is seen of a machine, and how a check tells of it. Pure: nothing here looks at anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was seen. None: could not be seen here.

    Attributes:
        engine_problem, engine_hint: why no engine answers, and what helps; "" when one does.
        can_start: the missing engine would be this machine's own: not one elsewhere, nor one that refuses this user.
        is_local: the engine runs on this machine, not in a VM or elsewhere.
        podman_version: of the Podman that answers in Docker's place; "" for Docker.
        clock_skew_s: the engine's clock minus ours.
        idle_ratio, steal_ratio: of all cores; idle over one second, steal also over one of work.
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
