"""Read what this computer says about its power: /sys on Linux, `pmset` on macOS."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from lab.adapters.process import run
from lab.errors import LabError
from lab.model.power import Power, daemon_saving, linux_power, mac_power

_SYS: Final = Path("/sys")
_FILES: Final = ("type", "online", "status", "scope")
_LIMIT_S: Final = 5


def is_here(endpoint: str) -> bool:
    """Say whether an engine's address leads to this computer: its own engine, or a virtual machine on it."""
    if endpoint.startswith(("unix:", "npipe:")):
        return True
    return endpoint.removeprefix("tcp://").startswith(("127.", "localhost", "[::1]"))


def power(endpoint: str = "unix:///", *, sys: Path = _SYS) -> Power:
    """Return how this computer is fed; nothing known when the engine is another computer's.

    Args:
        endpoint: the engine's address, as docker takes it.
        sys: where the kernel's /sys is.
    """
    if not is_here(endpoint):
        return Power()
    if shutil.which("pmset"):
        return mac_power(_said("pmset", "-g", "batt"), _said("pmset", "-g"))
    found = _linux(sys)
    if not found.saving and shutil.which("powerprofilesctl"):
        return Power(source=found.source, saving=daemon_saving(_said("powerprofilesctl", "get")))
    return found


def _linux(sys: Path) -> Power:
    supplies = {
        supply.name: {name: _text(supply / name) for name in _FILES}
        for supply in sorted((sys / "class/power_supply").glob("*"))
    }
    processors = sorted((sys / "devices/system/cpu").glob("cpu[0-9]*/cpufreq"))
    return linux_power(
        supplies,
        profile=_text(sys / "firmware/acpi/platform_profile"),
        preferences=[word for p in processors if (word := _text(p / "energy_performance_preference"))],
        governors=[(_text(p / "scaling_driver"), _text(p / "scaling_governor")) for p in processors],
    )


def _said(*argv: str) -> str:
    try:
        return run(list(argv), timeout_s=_LIMIT_S)
    except LabError:
        return ""


def _text(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes()).strip()
    except OSError:
        return ""
