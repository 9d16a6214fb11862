"""What the Engine API answers, read. Pure: the same for control groups of version 1 and 2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from lab.model.state import CpuSample, Machine

_NS_PER_S: Final = 1e9


def machine(info: Mapping[str, Any], version: Mapping[str, Any]) -> Machine:
    """Return the engine's machine from the answers of `/info` and `/version`.

    An engine that does not name a version of its control groups is older than their second one.
    """
    return Machine(
        cores=info["NCPU"],
        memory_bytes=info["MemTotal"],
        os=info.get("OperatingSystem", "?"),
        kernel=info.get("KernelVersion", "?"),
        cgroup_version=str(info.get("CgroupVersion") or "1"),
        engine_version=info.get("ServerVersion", "?"),
        api_version=version.get("ApiVersion", "?"),
        name=info.get("Name", "?"),
        has_cpu_quota=bool(info.get("CpuCfsQuota")),
        architecture=info.get("Architecture", "?"),
        data_folder=info.get("DockerRootDir") or "/",
    )


def cpu_sample(stats: Mapping[str, Any]) -> CpuSample:
    """Return a container's counters from the answer of `/containers/ID/stats`.

    Memory is without the file pages that the kernel would give up first, as `docker stats` shows it. A container that
    does not run has no memory and no time yet; its counters are 0.

    Source: Engine API 1.44 and later, ContainerStats. Times are nanoseconds.
    """
    cpu = stats.get("cpu_stats") or {}
    throttling = cpu.get("throttling_data") or {}
    memory = stats.get("memory_stats") or {}
    return CpuSample(
        t_s=_unix_s(stats["read"]),
        cpu_s=(cpu.get("cpu_usage") or {}).get("total_usage", 0) / _NS_PER_S,
        periods=throttling.get("periods", 0),
        throttled_periods=throttling.get("throttled_periods", 0),
        throttled_s=throttling.get("throttled_time", 0) / _NS_PER_S,
        memory_bytes=max(0, memory.get("usage", 0) - _idle_file_bytes(memory.get("stats") or {})),
    )


def _idle_file_bytes(detail: Mapping[str, int]) -> int:
    """Version 1 has two figures: the group's own, and `total_` with the groups inside it, as `usage` counts them."""
    return detail.get("total_inactive_file", detail.get("inactive_file", 0))


def _unix_s(text: str) -> float:
    """Return unix seconds; the engine writes nanoseconds, which Python's reader does not take."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")
