"""What the engine's machine must have, and how quiet and fast it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lab.model.doctor import Check, Facts
from lab.model.gates import MAX_STEAL_RATIO

GIB: Final = 2**30
MIN_MEMORY: Final = 1.5 * GIB  # one web replica, MySQL, the generator, a margin
GOOD_MEMORY: Final = 3.5 * GIB  # the full lab
IMAGES_DISK: Final = 8 * GIB  # images, MinIO's compiler and module cache, a few labs
LAB_DISK: Final = 2 * GIB  # volumes of a few labs
QUOTA_TODO: Final = (
    "a kernel with CONFIG_CFS_BANDWIDTH; rootless Docker: delegate the cpu controller (systemd, cgroup v2)"
)


def machine_checks(facts: Facts) -> list[Check]:
    """Return the checks of the machine, in the order in which problems should be solved; what needs no engine if none is."""
    if not facts.has_engine:
        return [_port(facts), *_power(facts)]
    found = [_cores(facts), _memory(facts), *_disk(facts), _port(facts), _cgroup(facts)]
    return [*found, *_clock(facts), *_noise(facts), *_speed(facts), *_power(facts)]


def _cores(facts: Facts) -> Check:
    if facts.cores >= 2:
        return Check(name="cores", status="ok", found=str(facts.cores))
    return Check(
        name="cores",
        status="warn",
        found=f"{facts.cores}: load generator and lab compete for it",
        todo="give the virtual machine 2 or more; else use small topologies (--stage single)",
    )


def _memory(facts: Facts) -> Check:
    free = facts.memory_bytes if facts.memory_free_bytes is None else facts.memory_free_bytes
    found = f"{facts.memory_bytes / GIB:.1f} GiB, {free / GIB:.1f} GiB free"
    if free < MIN_MEMORY:
        todo = f"free some: the smallest lab needs {MIN_MEMORY / GIB:.1f} GiB (Docker Desktop: Settings, Resources)"
        return Check(name="memory", status="fail", found=found, todo=todo)
    if free < GOOD_MEMORY:
        todo = f"the full lab with 8 replicas likes {GOOD_MEMORY / GIB:.1f} GiB"
        return Check(name="memory", status="warn", found=found, todo=todo)
    return Check(name="memory", status="ok", found=found)


def _disk(facts: Facts) -> Iterator[Check]:
    if facts.disk_free_bytes is None:
        return
    need = LAB_DISK if facts.has_base else IMAGES_DISK
    found = f"{facts.disk_free_bytes / GIB:.0f} GiB free"
    if facts.disk_free_bytes >= need:
        yield Check(name="disk", status="ok", found=found)
    else:
        todo = f"{need / GIB:.0f} GiB are needed; `docker system df` shows what Docker holds"
        yield Check(name="disk", status="fail", found=found, todo=todo)


def _port(facts: Facts) -> Check:
    if facts.free_port is None:
        return Check(
            name="port",
            status="warn",
            found="8080 to 8089 are taken",
            todo="lab up --port N with a free port",
        )
    return Check(name="port", status="ok", found=f"{facts.free_port} is free")


def _cgroup(facts: Facts) -> Check:
    found = f"cgroup v{facts.cgroup_version}"
    if facts.has_cpu_quota:
        return Check(name="CPU quota", status="ok", found=found)
    return Check(
        name="CPU quota",
        status="fail",
        found=f"{found} without CFS quota: a replica cannot be held to its share, so no curve means anything",
        todo=QUOTA_TODO,
    )


def _clock(facts: Facts) -> Iterator[Check]:
    if facts.clock_skew_s is None:
        return
    if abs(facts.clock_skew_s) < 2:
        yield Check(name="clock", status="ok", found="agrees with the engine's")
    else:
        found = f"the engine's clock is {facts.clock_skew_s:+.0f} s off"
        yield Check(name="clock", status="warn", found=found, todo="restart the engine's virtual machine")


def _noise(facts: Facts) -> Iterator[Check]:
    if facts.idle_ratio is None:
        return
    stolen_ratio = facts.steal_ratio or 0.0
    found = f"{facts.idle_ratio:.0%} idle, {stolen_ratio:.1%} stolen by other virtual machines"
    if is_quiet(facts):
        yield Check(name="noise", status="ok", found=found)
    elif stolen_ratio > MAX_STEAL_RATIO:
        todo = f"windows with more than {MAX_STEAL_RATIO:.0%} are INVALID: measure at another time, or on another machine"
        yield Check(name="noise", status="warn", found=found, todo=todo)
    else:
        yield Check(name="noise", status="warn", found=found, todo="close what is busy before you measure")


def is_quiet(facts: Facts) -> bool:
    """Say whether the machine had next to nothing to do; also where that could not be seen."""
    return (facts.idle_ratio is None or facts.idle_ratio >= 0.8) and (
        facts.steal_ratio or 0.0
    ) <= MAX_STEAL_RATIO


def _speed(facts: Facts) -> Iterator[Check]:
    if facts.work_ms is not None:
        found = f"{facts.work_ms:.2f} ms for the unit of PHP work: throughput is normalised to it"
        yield Check(name="speed", status="ok", found=found)


def _power(facts: Facts) -> Iterator[Check]:
    if facts.power in {"battery", "low-power"}:
        found = "on battery" if facts.power == "battery" else "a power-saving profile is on"
        yield Check(
            name="power",
            status="warn",
            found=found,
            todo="plug in and choose the balanced or performance profile",
        )
    elif facts.power == "mains":
        yield Check(name="power", status="ok", found="mains")
