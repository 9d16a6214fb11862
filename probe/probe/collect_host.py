"""Collect how busy the whole machine is."""

from collections.abc import Mapping
from pathlib import Path

from probe import parse_host
from probe.collector import Reading


class HostCollector:
    """Reads the kernel's processor account; each reading covers the time since the one before."""

    def __init__(self) -> None:
        self._before = _ticks()

    def read(self) -> Reading:
        """Return idle, steal and iowait ratios since the last reading, and the load average."""
        ticks = _ticks()
        values = parse_host.cpu_ratios(self._before, ticks)
        self._before = ticks
        values["load1"] = parse_host.load1(Path("/proc/loadavg").read_text(encoding="utf-8"))
        return Reading(values=values)

    def derive(self, rates: Mapping[str, float]) -> dict[str, float]:  # noqa: ARG002
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Do nothing: no connection is held."""


def _ticks() -> dict[str, int]:
    return parse_host.cpu_ticks(Path("/proc/stat").read_text(encoding="utf-8"))
