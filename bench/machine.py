"""What a figure depends on: the machine, the versions, the commit, and how busy the machine was meanwhile."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lab import __version__
from lab.adapters.room import cpu_ratios
from lab.model.gates import MAX_STEAL_RATIO

_ROOT: Final = Path(__file__).parent.parent
_LOOK_S: Final = 4.0
_PAUSE_S: Final = 15.0


def said(*argv: str) -> str:
    """Return the first line that a program prints; empty when it cannot say."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30, cwd=_ROOT)
    except OSError:
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]


def environment() -> dict[str, Any]:
    """Return what the figures were measured on. No names of hosts, no paths."""
    info = json.loads(said("docker", "info", "--format", "{{json .}}") or "{}")
    return {
        "cores": info.get("NCPU", os.cpu_count()),
        "memory_gib": round(info.get("MemTotal", 0) / 2**30, 1),
        "cpu": _cpu_model(),
        "architecture": platform.machine(),
        "kernel": info.get("KernelVersion", platform.release()),
        "cgroup_version": info.get("CgroupVersion", "?"),
        "storage_driver": info.get("Driver", "?"),
        "engine_version": info.get("ServerVersion", "?"),
        "docker_cli_version": (info.get("ClientInfo") or {}).get("Version", "?"),
        "compose_version": said("docker", "compose", "version", "--short"),
        "python_version": platform.python_version(),
        "lab_version": __version__,
    }


def commit() -> tuple[str, bool]:
    """Return the commit, short, and whether what runs differs from it (the results themselves do not count)."""
    changes = said("git", "status", "--porcelain", "--", ".", ":!bench/results")
    return said("git", "rev-parse", "--short=10", "HEAD") or "unknown", bool(changes)


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "?"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")


def _cpu_times() -> str:
    try:
        return Path("/proc/stat").read_text(encoding="ascii")
    except OSError:
        return ""


@contextmanager
def watched(into: dict[str, Any]) -> Iterator[None]:
    """Write into the mapping what this machine did meanwhile: load before, shares of idle and stolen CPU time."""
    into["started"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    into["load_1min_before"] = round(os.getloadavg()[0], 2)
    before, start_s = _cpu_times(), time.monotonic()
    yield
    into["took_s"] = round(time.monotonic() - start_s, 1)
    if before:
        into |= {key: round(value, 3) for key, value in cpu_ratios(before, _cpu_times()).items()}


def wait_until_quiet(*, at_most_s: float = 600) -> None:
    """Return when neighbours leave this machine its CPU, or after so long: many take it for some minutes and then do not.

    Stolen time only shows where somebody wants to compute, so one core does for a few seconds.
    """
    end_s = time.monotonic() + at_most_s
    while time.monotonic() < end_s:
        before, busy_until_s = _cpu_times(), time.monotonic() + _LOOK_S
        while time.monotonic() < busy_until_s:
            pass
        if not before or cpu_ratios(before, _cpu_times())["steal_ratio"] <= MAX_STEAL_RATIO / 2:
            return
        time.sleep(_PAUSE_S)
