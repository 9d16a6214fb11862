"""The programs that the lab needs: an engine, Compose, buildx, and a way to the base image. Pure."""

from __future__ import annotations

from typing import Final

from lab.model.doctor import Check, Facts, version_tuple

MIN_API: Final = (1, 43)  # Engine 24, the oldest that is tested: docs/engines.md
MIN_COMPOSE: Final = (2, 26)  # the oldest that is tested; configs.content came with 2.23.1
START_ENGINE: Final = (
    "start Docker (Desktop, Colima, `systemctl start docker`); on Debian or Ubuntu as root: lab doctor --fix"
)
BOOTSTRAP_AS_ROOT: Final = (
    'once as root, for everybody who uses this engine: sudo "$(command -v lab)" images build base base-sid; '
    "or bring the images in a file: lab images load FILE"
)
DOCKER_INSTEAD: Final = (
    "use Docker Engine, Docker Desktop or Colima; DOCKER_HOST or `docker context use` says which"
)
INSTALL: Final = "on Debian or Ubuntu as root: lab doctor --fix; elsewhere install it from its own project"


def software_checks(facts: Facts) -> list[Check]:
    """Return the checks of the programs, in the order in which problems should be solved; only the first if it fails."""
    found = [_docker(facts)]
    if facts.has_engine:
        found += [_engine_age(facts), _compose(facts), _buildx(facts), _base(facts)]
    return found


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
