"""Look at the engine's machine for `lab doctor`: through the engine where it is elsewhere, in /proc where it is here."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lab.adapters.engine import endpoint
from lab.adapters.process import engine_problem, run
from lab.adapters.rootfs import can_pull
from lab.errors import LabError
from lab.model.doctor import Facts
from lab.model.images import IMAGES

_FIRST_PORT: Final = 8080
_PORTS: Final = 10
_OWN_ENGINE: Final = "unix:///var/run/docker.sock"
_SAMPLE_S: Final = 1.0
_SAMPLE: Final = (
    "cat /proc/stat; sleep 1; echo ==; cat /proc/stat; echo ==; cat /proc/meminfo; echo ==; df -Pk /"
)


def observe() -> Facts:
    """Return the facts about this machine and the engine's."""
    own: dict[str, Any] = {"free_port": free_port(), "power": power()}
    if not shutil.which("docker"):
        return Facts(has_docker=False, **own)
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
    uname = os.uname()
    is_local = info.get("Name") == uname.nodename and info.get("KernelVersion") == uname.release
    has_base = bool(_output(["docker", "image", "inspect", "--format", "{{.Id}}", IMAGES["base"].reference]))
    has_mmdebstrap = shutil.which("mmdebstrap") is not None
    facts = {
        "engine_version": info.get("ServerVersion", "?"),
        "api_version": _output(["docker", "version", "--format", "{{.Server.APIVersion}}"]),
        "machine": f"{info.get('Name', '?')} ({info.get('OperatingSystem', '?')})",
        "is_local": is_local,
        "cores": info.get("NCPU", 0),
        "memory_bytes": info.get("MemTotal", 0),
        "cgroup_version": str(info.get("CgroupVersion") or "1"),
        "has_cpu_quota": bool(info.get("CpuCfsQuota")),
        "clock_skew_s": _skew_s(info.get("SystemTime", "")),
        "has_base": has_base,
        "has_mmdebstrap": has_mmdebstrap,
        "can_pull": not (has_base or has_mmdebstrap) and can_pull(IMAGES["base"].suite),
    }
    return facts | _load(is_local=is_local, has_base=has_base, root=info.get("DockerRootDir", "/"))


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


def _load(*, is_local: bool, has_base: bool, root: str) -> dict[str, Any]:
    """Sample idle, steal, free memory and free disk where the engine is; empty when that cannot be seen yet."""
    if is_local and Path("/proc/stat").exists():
        before = Path("/proc/stat").read_text(encoding="ascii")
        time.sleep(_SAMPLE_S)
        after, memory = (Path(f"/proc/{name}").read_text(encoding="ascii") for name in ("stat", "meminfo"))
        disk = os.statvfs(root if Path(root).is_dir() else "/")
        return {
            **cpu_ratios(before, after),
            "disk_free_bytes": disk.f_bavail * disk.f_frsize,
            **free_memory(memory),
        }
    if not has_base:
        return {}
    argv = [
        "docker",
        "run",
        "--rm",
        "--network",
        "none",
        "--label",
        "lab.role=doctor",
        IMAGES["base"].reference,
    ]
    parts = _output([*argv, "sh", "-c", _SAMPLE]).split("==\n")
    if len(parts) != 4:
        return {}
    disk_kib = int(parts[3].splitlines()[-1].split()[3])
    return {**cpu_ratios(parts[0], parts[1]), "disk_free_bytes": disk_kib * 1024, **free_memory(parts[2])}


def cpu_ratios(before: str, after: str) -> dict[str, float]:
    """Return the idle and steal shares of all cores between two readings of /proc/stat.

    Source: proc(5), /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice.
    """
    first, last = ([int(word) for word in text.split("\n", 1)[0].split()[1:9]] for text in (before, after))
    spent = [b - a for a, b in zip(first, last, strict=True)]
    total = sum(spent) or 1
    return {"idle_ratio": (spent[3] + spent[4]) / total, "steal_ratio": spent[7] / total}


def free_memory(meminfo: str) -> dict[str, int]:
    """Return the memory that new processes can have, from /proc/meminfo."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return {"memory_free_bytes": int(line.split()[1]) * 1024}
    return {}


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


def power(
    supplies: Path = Path("/sys/class/power_supply"), firmware: Path = Path("/sys/firmware/acpi")
) -> str | None:
    """Return `battery`, `low-power` or `mains`; None where the machine does not say (desktops, VMs)."""
    if shutil.which("pmset"):
        return "battery" if "'Battery Power'" in _output(["pmset", "-g", "batt"]) else "mains"
    profile = _text(firmware / "platform_profile")
    mains = [
        _text(supply / "online") for supply in sorted(supplies.glob("*")) if _text(supply / "type") == "Mains"
    ]
    if mains and "1" not in mains:
        return "battery"
    if profile in {"low-power", "quiet"}:
        return "low-power"
    return "mains" if mains else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
