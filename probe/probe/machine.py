"""Describe the machine that runs the containers, as far as it can be seen from inside one."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any


def cpu_model(cpuinfo_text: str) -> str:
    """Return the processor's name, or an empty text: arm64 kernels do not give one."""
    found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", cpuinfo_text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def memory_bytes(meminfo_text: str) -> int:
    """Return the machine's memory, 0 if unknown."""
    found = re.search(r"^MemTotal:\s*(\d+) kB", meminfo_text, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def describe() -> dict[str, Any]:
    """Return the fields of the ``ready`` event."""
    return {
        "python": platform.python_version(),
        "locust": version("locust"),
        "cpu": {
            "model": cpu_model(_read("/proc/cpuinfo")),
            "cores": os.cpu_count(),
            "machine": platform.machine(),
        },
        "kernel": platform.release(),
        "memory_bytes": memory_bytes(_read("/proc/meminfo")),
        "clock": _read("/sys/devices/system/clocksource/clocksource0/current_clocksource").strip(),
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
