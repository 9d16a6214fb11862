"""Look at the engine's machine for `lab doctor`: through the engine where it is elsewhere, in /proc where it is here."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from datetime import datetime
from typing import Any, Final

from lab.adapters.endpoint import endpoint
from lab.adapters.power import power
from lab.adapters.process import engine_problem, run
from lab.adapters.room import is_this_machine, sample_here, sample_there
from lab.adapters.rootfs import can_bootstrap, can_pull
from lab.errors import LabError
from lab.model.doctor import Facts
from lab.model.engine_kinds import podman_version
from lab.model.images import IMAGES

_FIRST_PORT: Final = 8080
_PORTS: Final = 10
_OWN_ENGINE: Final = "unix:///var/run/docker.sock"


def observe() -> Facts:
    """Return the facts about this machine and the engine's."""
    own: dict[str, Any] = {"free_port": free_port()}
    if not shutil.which("docker"):
        return Facts(has_docker=False, power=power().word, **own)
    own["power"] = power(endpoint()).word
    done = subprocess.run(
        ["docker", "info", "--format", "{{json .}}"], capture_output=True, text=True, check=False, timeout=60
    )
    try:
        info = json.loads(done.stdout)
    except ValueError:
        info = {}
    problem = _problem(done.returncode, done.stderr, info)
    own |= _client(info)
    if problem:
        return Facts(has_docker=True, **problem, **own)
    return Facts(has_docker=True, **own, **_engine(info))


def _problem(code: int, said: str, info: dict[str, Any]) -> dict[str, Any]:
    """Return the facts about an engine that does not answer; empty when it does."""
    errors = "\n".join(info.get("ServerErrors") or [])
    if code == 0 and not errors:
        return {}
    at = endpoint()
    if at != _OWN_ENGINE:
        hint = "start that engine, or choose another: unset DOCKER_HOST and DOCKER_CONTEXT, `docker context use default`"
        return {
            "engine_problem": f"docker is set to use {at}, which does not answer",
            "engine_hint": hint,
            "can_start": False,
        }
    known = engine_problem(f"{said}\n{errors}")
    if known:
        refused = "permission denied" in known.message
        return {"engine_problem": known.message, "engine_hint": known.hint, "can_start": not refused}
    lines = (errors or said).strip().splitlines()
    return {"engine_problem": lines[-1] if lines else f"docker info failed with {code}"}


def _client(info: dict[str, Any]) -> dict[str, str]:
    plugins = (info.get("ClientInfo") or {}).get("Plugins") or []
    versions = {
        plugin.get("Name"): plugin.get("Version") or "?" for plugin in plugins if not plugin.get("Err")
    }
    return {"compose_version": versions.get("compose", ""), "buildx_version": versions.get("buildx", "")}


def _engine(info: dict[str, Any]) -> dict[str, Any]:
    is_local = is_this_machine(info.get("Name", ""), info.get("KernelVersion", ""))
    has_base = bool(_output(["docker", "image", "inspect", "--format", "{{.Id}}", IMAGES["base"].reference]))
    has_mmdebstrap = shutil.which("mmdebstrap") is not None
    may_bootstrap = can_bootstrap()
    version = _server_version()
    facts = {
        "engine_version": info.get("ServerVersion", "?"),
        "api_version": str(version.get("ApiVersion") or ""),
        "podman_version": podman_version(version),
        "machine": f"{info.get('Name', '?')} ({info.get('OperatingSystem', '?')})",
        "is_local": is_local,
        "cores": info.get("NCPU", 0),
        "memory_bytes": info.get("MemTotal", 0),
        "cgroup_version": str(info.get("CgroupVersion") or "1"),
        "has_cpu_quota": bool(info.get("CpuCfsQuota")),
        "clock_skew_s": _skew_s(info.get("SystemTime", "")),
        "has_base": has_base,
        "has_mmdebstrap": has_mmdebstrap,
        "can_bootstrap": may_bootstrap,
        "can_pull": not (has_base or (has_mmdebstrap and may_bootstrap)) and can_pull(IMAGES["base"].suite),
    }
    return facts | (sample_here(info.get("DockerRootDir") or "/") if is_local else sample_there())


def _server_version() -> dict[str, Any]:
    try:
        version = json.loads(_output(["docker", "version", "--format", "{{json .Server}}"]))
    except ValueError:
        return {}
    return version if isinstance(version, dict) else {}


def _output(argv: list[str]) -> str:
    try:
        return run(argv, timeout_s=30).strip()
    except LabError:
        return ""


def _skew_s(engine_time: str) -> float | None:
    """Return the engine's clock minus ours; the engine writes nanoseconds, which Python's reader does not take."""
    whole, _, fraction = engine_time.rstrip("Z").partition(".")
    try:
        return (
            datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}") - time.time()
        )
    except ValueError:
        return None


def free_port() -> int | None:
    """Return the first port from 8080 that can be bound on 127.0.0.1; None when ten are taken."""
    for port in range(_FIRST_PORT, _FIRST_PORT + _PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return None
