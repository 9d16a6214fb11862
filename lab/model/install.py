"""What `lab doctor --fix` would do to a machine: the files it writes and the commands it runs, as data. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lab.errors import MachineNotReady
from lab.model.apt import Source, archives, deb822

SOURCE_FILE: Final = "/etc/apt/sources.list.d/lab-trixie.sources"
PIN_FILE: Final = "/etc/apt/preferences.d/lab-trixie"
ENGINE_LOG: Final = "/var/log/dockerd.log"
_ENGINE: Final = ("docker.io", "docker-cli", "docker-compose", "docker-buildx")
_UBUNTU_ENGINE: Final = ("docker.io", "docker-compose-v2", "docker-buildx")
_BASE: Final = ("mmdebstrap", "ca-certificates")
_HEADER: Final = "# Written by `lab doctor --fix`; `lab doctor --undo` removes it.\n"

# Only these four come from trixie. containerd, runc and iptables must stay Debian 12's: trixie's runc would replace libc.
_PIN: Final = f"""\
{_HEADER}Package: {" ".join(_ENGINE)}
Pin: release n=trixie
Pin-Priority: 600

Package: *
Pin: release n=trixie
Pin-Priority: 50
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """A file to write."""

    path: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPlan:
    """What to do, in order: write files, run commands, start the engine."""

    files: tuple[PlannedFile, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    packages: tuple[str, ...] = ()
    starts_engine: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to do."""
        return not (self.files or self.commands or self.starts_engine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """This machine, as far as installing is concerned.

    Attributes:
        system: the fields of /etc/os-release.
        has_systemd: systemd is process 1.
        has_dockerd: the engine is installed, whether it runs or not.
    """

    system: Mapping[str, str]
    sources: Sequence[Source]
    is_root: bool
    has_apt: bool
    has_systemd: bool
    has_dockerd: bool


def parse_os_release(text: str) -> dict[str, str]:
    """Return the fields of /etc/os-release."""
    fields = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            fields[key.strip()] = "".join(shlex.split(value)) if value else ""
    return fields


def plan_install(
    host: Host, *, needs_engine: bool, needs_plugins: bool, needs_mmdebstrap: bool
) -> InstallPlan:
    """Return what makes this machine ready.

    Args:
        needs_engine: no engine answers.
        needs_plugins: compose or buildx is missing or too old.
        needs_mmdebstrap: the base image can neither be pulled nor made.

    Raises:
        MachineNotReady: this system is neither Debian nor Ubuntu, or its sources give no way.
    """
    if not (needs_engine or needs_plugins or needs_mmdebstrap):
        return InstallPlan()
    kind = host.system.get("ID", "")
    if not host.has_apt or kind not in {"debian", "ubuntu"}:
        name = host.system.get("PRETTY_NAME", "this system")
        raise MachineNotReady(
            f"lab doctor --fix knows Debian and Ubuntu; this is {name}.",
            hint="install Docker Engine 24 or newer with compose and buildx as its project says, then run `lab doctor`",
        )
    wants_engine = needs_plugins or (needs_engine and not host.has_dockerd)
    packages = (_engine_packages(kind) if wants_engine else ()) + (
        _BASE if wants_engine or needs_mmdebstrap else ()
    )
    is_bookworm = kind == "debian" and host.system.get("VERSION_CODENAME") == "bookworm"
    files = _trixie_files(host.sources) if is_bookworm and wants_engine else ()
    return InstallPlan(
        files=files, commands=_apt_commands(packages), packages=packages, starts_engine=needs_engine
    )


def _engine_packages(kind: str) -> tuple[str, ...]:
    return _UBUNTU_ENGINE if kind == "ubuntu" else _ENGINE


def _apt_commands(packages: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    if not packages:
        return ()
    # iptables is only recommended by newer packages, and without it no container reaches a network.
    extra = ("iptables",) if "docker.io" in packages else ()
    return (
        ("apt-get", "update"),
        ("apt-get", "install", "--yes", "--no-install-recommends", *packages, *extra),
    )


def _trixie_files(sources: Sequence[Source]) -> tuple[PlannedFile, ...]:
    found = archives(sources, "trixie")
    if not found:
        raise MachineNotReady(
            "Debian 12's own compose is too old, and this machine's package sources name no Debian mirror to take the "
            "newer one from.",
            hint="add a Debian source to /etc/apt/sources.list, then run this again",
        )
    return (
        PlannedFile(path=SOURCE_FILE, content=_HEADER + deb822(found[0])),
        PlannedFile(path=PIN_FILE, content=_PIN),
    )


def same_settings(one: str, other: str) -> bool:
    """Say whether two apt files differ at most in comments and blank space at the ends."""
    return _settings(one) == _settings(other)


def _settings(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("#")]
    return "\n".join(lines).strip()


def start_argv(*, has_systemd: bool) -> tuple[str, ...]:
    """Return the command that starts the engine: a service, or a process of its own where there is no init system."""
    return ("systemctl", "start", "docker") if has_systemd else ("dockerd",)


def as_shell(plan: InstallPlan, *, has_systemd: bool) -> str:
    """Return a plan as the commands that a person would type as root."""
    lines = [f"cat > {file.path} <<'EOF'\n{file.content}EOF" for file in plan.files]
    lines += [shlex.join(command) for command in plan.commands]
    if plan.starts_engine:
        command = shlex.join(start_argv(has_systemd=has_systemd))
        lines.append(command if has_systemd else f"setsid {command} > {ENGINE_LOG} 2>&1 &")
    return "\n".join(lines)
