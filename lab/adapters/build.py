"""Build images with the docker CLI (BuildKit), and make the Debian root file system that they start from."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from lab import assets
from lab.adapters.child import tether
from lab.adapters.engine import DockerEngine
from lab.adapters.process import engine_problem, run
from lab.adapters.rootfs import root_file_system, sources_for
from lab.errors import ImageBuildFailed, LabError, MachineNotReady
from lab.model.images import LABEL_INPUTS, Built, Image, advice

_BUILD_LIMIT_S: Final = 3600.0
_TAIL_LINES: Final = 20
_WARNING: Final = "lab-warning:"
_NOT_INPUTS: Final = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"}
_PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_CA_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def cache_folder() -> Path:
    """Return the lab's folder in the XDG cache, made if it is not there.

    Raises:
        MachineNotReady: this user has no place for it.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scalability-lab"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: no HOME, and nobody by this number
        raise MachineNotReady(
            f"The lab's cache folder cannot be made: {error}",
            hint="set XDG_CACHE_HOME to a folder that you may write to",
        ) from error
    return folder


def ca_file() -> Path | None:
    """Return the file with the certificate authorities that this machine trusts, if there is one."""
    candidates = [os.environ.get("SSL_CERT_FILE", ""), *_CA_FILES]
    return next((Path(name) for name in candidates if name and Path(name).is_file()), None)


class DockerImages:
    """Implements `lab.workflows.images.ImageStore`."""

    def inspect(self, references: Sequence[str]) -> dict[str, Built]:
        """Return what is known of each image that is there, by reference."""
        argv = ["docker", "image", "inspect", "--format", "{{json .}}", *references]
        text = run(argv, timeout_s=60, accepted=("no such image",)) if references else ""
        found: dict[str, Built] = {}
        for line in filter(None, text.splitlines()):
            row = json.loads(line)
            labels = (row.get("Config") or {}).get("Labels") or {}
            inputs = labels.get(LABEL_INPUTS, "")
            layers = (row.get("RootFS") or {}).get("Layers") or []
            built = Built(
                id=row["Id"],
                inputs=inputs,
                content=hashlib.sha256("\n".join([inputs, *layers]).encode()).hexdigest(),
                size_bytes=row.get("Size", 0),
                created=row.get("Created", ""),
            )
            found |= {tag: built for tag in row.get("RepoTags") or [] if tag in references}
        return found

    def input_files(self, image: Image) -> dict[str, bytes]:
        """Return the image's build context and its stand-ins by path under the asset root."""
        return {
            path.relative_to(assets.root()).as_posix(): path.read_bytes()
            for folder in (image.context, *image.stand_ins.values())
            for path in sorted((assets.root() / folder).rglob("*"))
            if path.is_file() and not _NOT_INPUTS & set(path.parts)
        }

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the machine-wide lock of one image; waits for another process that builds it."""
        folder = cache_folder() / "locks"
        folder.mkdir(exist_ok=True)
        with (folder / f"{name}.lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def build(self, image: Image, *, parent_references: Mapping[str, str], inputs: str) -> list[str]:
        """Build and tag one image; return what its scripts warn of (lines of their output marked `lab-warning:`).

        Raises:
            ImageBuildFailed: with the log's last lines, where the whole log is, and what to do.
            MachineNotReady: docker has no BuildKit front end, or no engine answers.
        """
        DockerEngine().machine()  # refuses what is no engine for the lab, before minutes are spent
        arguments = dict(parent_references)
        if image.is_base:
            arguments = {"ROOTFS": root_file_system(image.suite), "SOURCES": sources_for(image.suite)}
        _check_buildx()
        before = self.inspect([image.reference]).get(image.reference)
        log = cache_folder() / f"build-{image.name}.log"
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        try:
            code = _stream(build_argv(image, arguments, inputs), log, tail)
        except OSError as error:
            raise MachineNotReady(
                f"{log}: cannot be written: {error.strerror or error}",
                hint="free some space, or set XDG_CACHE_HOME to a folder on another disk",
            ) from error
        if code == 0:
            if before:
                remove_replaced(before)
            return warnings_in(log.read_text(encoding="utf-8"))
        text = "\n".join(tail)
        raise engine_problem(text) or ImageBuildFailed(
            f"Image {image.name}: the build failed with {code}. Its last lines:\n{text}\nThe whole log: {log}",
            hint=advice(text),
        )


def remove_replaced(before: Built) -> None:
    """Remove the image that lost its name to the new one; it stays while a container, or another name, needs it."""
    with suppress(LabError):
        tags = run(["docker", "image", "inspect", "--format", "{{json .RepoTags}}", before.id]).strip()
        if before.inputs and tags in {"[]", "null"}:
            run(["docker", "image", "rm", "--no-prune", before.id])


def warnings_in(log: str) -> list[str]:
    """Return the warnings in a build's log; a line looks like `#9 5.01 lab-warning: text`."""
    return [line.partition(_WARNING)[2].strip() for line in log.splitlines() if _is_warning(line)]


def _is_warning(line: str) -> bool:
    before, mark, _ = line.partition(_WARNING)
    return bool(mark) and all(word.lstrip("#").replace(".", "").isdigit() for word in before.split())


def build_argv(image: Image, arguments: Mapping[str, str], inputs: str) -> list[str]:
    """Return the command that builds an image."""
    argv = ["docker", "buildx", "build", "--load", "--progress=plain"]
    argv += ["--tag", image.reference, "--label", f"{LABEL_INPUTS}={inputs}"]
    for key, value in arguments.items():
        argv += ["--build-arg", f"{key}={value}"]
    argv += [word for name in _PROXIES if os.environ.get(name) for word in ("--build-arg", name)]
    certificates = ca_file()
    if certificates:
        argv += ["--secret", f"id=ca,src={certificates}"]
    return [*argv, str(assets.root() / image.context)]


def _check_buildx() -> None:
    done = subprocess.run(
        ["docker", "buildx", "version"], capture_output=True, text=True, check=False, timeout=30
    )
    if done.returncode:
        raise MachineNotReady(
            "docker has no buildx plug-in, so no image can be built.",
            hint="install it (Debian and Ubuntu: `apt-get install docker-buildx` or docker-buildx-plugin; Desktop has it)",
        )


def builder_environment() -> dict[str, str]:
    """Return the environment that builds need.

    The engine's own builder: one in a container would not see our base image. And a record of builds, which buildx
    keeps per user, in our own cache folder, so that removing that folder removes it.
    """
    return {
        "BUILDX_BUILDER": run(["docker", "context", "show"], timeout_s=10).strip() or "default",
        "BUILDX_CONFIG": str(cache_folder() / "buildx"),
    }


def _stream(argv: Sequence[str], log: Path, tail: deque[str]) -> int:
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **builder_environment()},
            preexec_fn=tether(),  # noqa: PLW1509 - it makes one system call
        ) as process,
    ):
        limit = threading.Timer(_BUILD_LIMIT_S, process.terminate)
        limit.start()
        try:
            for line in process.stdout or ():
                file.write(line)
                if line.strip():
                    tail.append(line.rstrip())
            return process.wait()
        finally:
            limit.cancel()
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
