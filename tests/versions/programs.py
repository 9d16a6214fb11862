"""Other releases of Docker's programs: from Debian's packages, or built from the Go module proxy. Pinned, and cached."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.adapters.cache_folder import cache_folder
from lab.model.images import IMAGES
from tests.docker_lab import docker

_BUILD_LIMIT_S: Final = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class FromGo:
    """A program's source in the Go module proxy.

    Attributes:
        package: what to build, within the module.
        version_variable: the linker's name of the variable that holds the version.
        tags: build tags: what needs C libraries is left out.
        base: for an engine: the base image whose runc and containerd are new enough for it.
    """

    name: str
    module: str
    version: str
    package: str
    version_variable: str
    tags: str = ""
    base: str = "base"


COMPOSE: Final = FromGo(
    name="docker-compose", module="github.com/docker/compose/v5", version="v5.6.0", package="./cmd",
    version_variable="github.com/docker/compose/v5/internal.Version",
)  # fmt: skip
BUILDX: Final = FromGo(
    name="docker-buildx", module="github.com/docker/buildx", version="v0.38.2", package="./cmd/buildx",
    version_variable="github.com/docker/buildx/version.Version",
)  # fmt: skip
CLIENT: Final = FromGo(
    name="docker", module="github.com/docker/cli", version="v29.9.0+incompatible", package="./cmd/docker",
    version_variable="github.com/docker/cli/cli/version.Version",
)  # fmt: skip
ENGINE_24: Final = FromGo(
    name="dockerd", module="github.com/docker/docker", version="v24.0.6+incompatible", package="./cmd/dockerd",
    version_variable="github.com/docker/docker/dockerversion.Version",
    tags="exclude_graphdriver_btrfs exclude_graphdriver_devicemapper exclude_graphdriver_zfs netgo osusergo",
)  # fmt: skip
# It gives each container a time namespace of its own; trixie's runc (1.1) knows none, and starts nothing.
ENGINE_29: Final = FromGo(
    name="dockerd", module="github.com/moby/moby/v2", version="v2.0.0-beta.24", package="./cmd/dockerd",
    version_variable="github.com/moby/moby/v2/dockerversion.Version", tags="exclude_graphdriver_btrfs netgo osusergo",
    base="base-sid",
)  # fmt: skip


def _run(argv: list[str], folder: Path) -> str:
    flags = {"GOTOOLCHAIN": "auto", "CGO_ENABLED": "0", "GOFLAGS": "-trimpath -mod=mod"}
    done = subprocess.run(
        argv,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_BUILD_LIMIT_S,
        env={**os.environ, **flags},
    )
    assert done.returncode == 0, f"{' '.join(argv[:3])}: {done.stderr[-1500:]}"
    return done.stdout


def from_go(what: FromGo, work: Path) -> Path:
    """Build a program; one that was built before is taken from the cache folder."""
    kept = cache_folder() / "versions" / f"{what.name}-{what.version}"
    if kept.is_file():
        return kept
    work.mkdir(exist_ok=True)
    _run(["go", "mod", "download", f"{what.module}@{what.version}"], work)
    source = Path(_run(["go", "env", "GOMODCACHE"], work).strip()) / f"{what.module}@{what.version}"
    copy = work / "source"
    shutil.copytree(source, copy)
    subprocess.run(["chmod", "-R", "u+w", str(copy)], check=True)
    for name in (
        "mod",
        "sum",
    ):  # Docker's own module file has another name, so that nobody imports it by accident
        if (copy / f"vendor.{name}").is_file() and not (copy / f"go.{name}").is_file():
            shutil.copy(copy / f"vendor.{name}", copy / f"go.{name}")
    shutil.rmtree(copy / "vendor", ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    version = what.version.removesuffix("+incompatible").removeprefix("v")
    tags = ["-tags", what.tags] if what.tags else []
    link = ["-ldflags", f"-s -w -X {what.version_variable}={version}"]
    _run(["go", "build", *tags, *link, "-o", str(kept), what.package], copy)
    return kept


def compose_of_sid(work: Path) -> Path:
    """Return the Compose plug-in of Debian sid's package."""
    name = f"test-{os.getpid()}-compose"
    script = "cd /tmp && apt-get update -qq && apt-get download -qq docker-compose && dpkg-deb -x *.deb /tmp/package"
    try:
        docker(
            "run",
            "--name",
            name,
            "--label",
            "lab.role=test-engine",
            IMAGES["base-sid"].reference,
            "sh",
            "-c",
            script,
        )
        docker("cp", f"{name}:/tmp/package/usr/libexec/docker/cli-plugins/docker-compose", str(work))
    finally:
        docker("rm", "--force", "--volumes", name, check=False)
    return work / "docker-compose"
