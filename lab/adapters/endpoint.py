"""Where the engine is: what the docker command would use, found without asking it where that is plain."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Final

from lab.adapters.process import run

_DEFAULT: Final = "unix:///var/run/docker.sock"
_UNIX: Final = "unix://"


def endpoint() -> str:
    """Return the engine's address: DOCKER_HOST, else the current docker context's."""
    host, context = os.environ.get("DOCKER_HOST", ""), os.environ.get("DOCKER_CONTEXT", "")
    if host and not context:
        return host
    if not context and _is_default_chosen():
        return _DEFAULT
    return _of_context(host, context, os.environ.get("DOCKER_CONFIG", ""))


@cache
def _of_context(*_chosen_by: str) -> str:
    """Ask the docker command, once for what chooses: one lab command stays with one engine."""
    text = run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], timeout_s=10)
    return text.strip() or _DEFAULT


def socket_path() -> Path | None:
    """Return the socket of an engine that can be spoken to without the docker command.

    None for one over SSH or TCP, whose keys only the docker command knows, and when DOCKER_API_VERSION asks for a version:
    the docker command is what that variable speaks to.
    """
    if os.environ.get("DOCKER_API_VERSION"):
        return None
    host = endpoint()
    return Path(host.removeprefix(_UNIX)) if host.startswith(_UNIX) else None


def _is_default_chosen() -> bool:
    """Say whether the docker command's settings name no context, or the one called default."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or "~/.docker").expanduser()
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return settings.get("currentContext", "") in {"", "default"}
    except FileNotFoundError:
        return True
    except (OSError, RuntimeError, ValueError, AttributeError):
        return False  # let the docker command say what it makes of it
