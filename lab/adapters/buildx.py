"""`docker buildx build` as a subprocess: its command, its environment, its log and what that warns of."""

from __future__ import annotations

import os
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from lab import assets
from lab.adapters.cache_folder import cache_folder
from lab.adapters.child import tether
from lab.adapters.process import run
from lab.errors import MachineNotReady
from lab.model.images import LABEL_INPUTS, Image

_BUILD_LIMIT_S: Final = 3600.0
_WARNING: Final = "lab-warning:"
_PROXIES: Final = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_CA_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def check_buildx() -> None:
    """Refuse a docker without BuildKit's front end. Raises MachineNotReady."""
    done = subprocess.run(
        ["docker", "buildx", "version"], capture_output=True, text=True, check=False, timeout=30
    )
    if done.returncode:
        raise MachineNotReady(
            "docker has no buildx plug-in, so no image can be built.",
            hint="install it (Debian and Ubuntu: `apt-get install docker-buildx` or docker-buildx-plugin; Desktop has it)",
        )


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


def ca_file() -> Path | None:
    """Return the file with the certificate authorities that this machine trusts, if there is one."""
    candidates = [os.environ.get("SSL_CERT_FILE", ""), *_CA_FILES]
    return next((Path(name) for name in candidates if name and Path(name).is_file()), None)


def builder_environment() -> dict[str, str]:
    """Return the environment that builds need.

    The engine's own builder: one in a container would not see our base image. And a record of builds, which buildx
    keeps per user, in our own cache folder, so that removing that folder removes it.
    """
    return {
        "BUILDX_BUILDER": run(["docker", "context", "show"], timeout_s=10).strip() or "default",
        "BUILDX_CONFIG": str(cache_folder() / "buildx"),
    }


def stream(argv: Sequence[str], log: Path, tail: deque[str]) -> int:
    """Run a build, write its output to the log and the last lines of it to `tail`; return its exit code."""
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


def warnings_in(log: str) -> list[str]:
    """Return the warnings in a build's log; a line looks like `#9 5.01 lab-warning: text`."""
    return [line.partition(_WARNING)[2].strip() for line in log.splitlines() if _is_warning(line)]


def _is_warning(line: str) -> bool:
    before, mark, _ = line.partition(_WARNING)
    return bool(mark) and all(word.lstrip("#").replace(".", "").isdigit() for word in before.split())
