"""Collect how busy the whole machine is."""

from collections.abc import Mapping
from pathlib import Path

from probe import parse_host
from probe.collector import Reading


class HostCollector:
    """Reads the kernel's processor account; the first reading has no ratios, having nothing to compare with."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}

    def read(self) -> Reading:
        """Return idle, steal and iowait ratios since the last reading, and the load average."""
        ticks = parse_host.cpu_ticks(Path("/proc/stat").read_text(encoding="utf-8"))
        values = parse_host.cpu_ratios(self._before, ticks) if self._before else {}
        self._before = ticks
        values["load1"] = parse_host.load1(Path("/proc/loadavg").read_text(encoding="utf-8"))
        return Reading(values=values)

    def derive(self, rates: Mapping[str, float]) -> dict[str, float]:  # noqa: ARG002
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Do nothing: no connection is held."""
