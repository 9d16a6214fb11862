"""Whether a topology fits a machine: what makes it host-bound, and what forbids to start it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from lab.model.demand import DEMANDS, REFERENCE, busy_cores
from lab.model.plan import (
    GENERATOR_MEMORY_BYTES,
    MIB,
    counts,
    image_disk_bytes,
    lab_disk_bytes,
    needs,
    quota_cores,
)
from lab.model.stages import LADDER
from lab.model.topology import Topology, resolve

USABLE_RATIO: Final = 0.90  # of the cores; the rest is what gates.MIN_HOST_IDLE_RATIO wants to see idle
DISK_RESERVE_BYTES: Final = 512 * MIB  # an engine whose disk is full stops more than this lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the engine's machine has, and what of it is free now. None: could not be seen."""

    cores: int
    memory_bytes: int
    memory_free_bytes: int | None = None
    disk_free_bytes: int | None = None

    @property
    def free_bytes(self) -> int:
        """Return the memory that new containers can have; all of it where that could not be seen."""
        return self.memory_bytes if self.memory_free_bytes is None else self.memory_free_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a topology fits.

    Attributes:
        host_bound: why the machine, and not a tier, would be the limit under load; "" when it would not.
        refused: why it must not be started, each naming need and have; empty when it may.
        advice: what to do about the refusals.
    """

    host_bound: str = ""
    refused: tuple[str, ...] = ()
    advice: str = ""

    @property
    def is_ok(self) -> bool:
        """Say whether nothing stands against it."""
        return not (self.host_bound or self.refused)


def fit(
    topology: Topology,
    room: Room,
    *,
    running: Topology | None = None,
    missing_images: Collection[str] = (),
    scenario: str = REFERENCE,
    is_measured: bool = False,
) -> Fit:
    """Compare a topology with a machine.

    Args:
        running: what of this lab runs already: its memory and disk are taken, not wanted.
        missing_images: images that would be built first.
        scenario: the load that decides whether it is host-bound.
        is_measured: the load generator starts too.
    """
    memory = _memory(topology, room, running, is_measured=is_measured)
    disk = _disk(topology, room, running, missing_images)
    advice = []
    if memory:
        smaller = _smaller(topology, room)
        advice.append(
            (f"a smaller lab fits: {smaller}; or " if smaller else "")
            + "free memory: lab down --all, close programs (Docker Desktop: Settings, Resources)"
        )
    if disk:
        advice.append(
            "free disk: `docker system df` shows what holds it; lab down --all --volumes forgets labs and their data"
        )
    return Fit(
        host_bound=_host_bound(topology, room, scenario),
        refused=tuple(problem for problem in (memory, disk) if problem),
        advice="; ".join(advice),
    )


def _host_bound(topology: Topology, room: Room, scenario: str) -> str:
    busy, usable = busy_cores(topology, scenario), room.cores * USABLE_RATIO
    if busy <= usable + 1e-9:
        return ""
    quotas = ((tier, count, quota_cores(topology, tier)) for tier, count in counts(topology).items())
    shares = [
        f"{tier} {count} x {cores:g}" if count > 1 else f"{tier} {cores:g}"
        for tier, count, cores in quotas
        if count and cores
    ]
    return (
        f"under {scenario if scenario in DEMANDS else 'full load'} about {busy:.2f} cores would be busy, and"
        f" {usable:.2f} of {room.cores} are usable (CPU shares: {', '.join(shares)})"
    )


def _memory(topology: Topology, room: Room, running: Topology | None, *, is_measured: bool) -> str:
    taken = needs(running).memory_bytes if running else 0
    more = max(0, needs(topology).memory_bytes - taken) + (GENERATOR_MEMORY_BYTES if is_measured else 0)
    if more <= room.free_bytes:
        return ""
    word = " more" if running else ""
    what = f"it needs about {more / MIB:,.0f} MiB{word}"
    return f"memory: {what}; {room.free_bytes / MIB:,.0f} of {room.memory_bytes / MIB:,.0f} MiB are free on the engine's machine"


def _disk(topology: Topology, room: Room, running: Topology | None, missing_images: Collection[str]) -> str:
    if room.disk_free_bytes is None:
        return ""
    taken = lab_disk_bytes(running) if running else 0
    images = sum(image_disk_bytes(name) for name in missing_images)
    more = max(0, lab_disk_bytes(topology) - taken) + images
    if not more or more + DISK_RESERVE_BYTES <= room.disk_free_bytes:
        return ""
    built = f", {images / MIB:,.0f} of them for images" if images else ""
    return (
        f"disk: it needs about {more / MIB:,.0f} MiB{built}, and {DISK_RESERVE_BYTES / MIB:,.0f} must stay free;"
        f" {room.disk_free_bytes / MIB:,.0f} MiB are free where the engine keeps its data"
    )


def _smaller(topology: Topology, room: Room) -> str:
    """Return the options of the largest stage that is smaller and fits the memory; empty when none does."""
    for stage in reversed(LADDER):
        preset = resolve({"stage": stage})
        cost = needs(preset).memory_bytes
        if cost < needs(topology).memory_bytes and cost + GENERATOR_MEMORY_BYTES <= room.free_bytes:
            return f"--stage {stage} (about {cost / MIB:,.0f} MiB)"
    return ""
