"""How busy the engine's machine is, and what of it is free: in /proc where it is this one, else in a container there."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lab.adapters.endpoint import endpoint
from lab.adapters.process import run
from lab.errors import LabError
from lab.model.fit import Room
from lab.model.images import IMAGES

if TYPE_CHECKING:
    from lab.model.power import Power
    from lab.model.speed import Reference
    from lab.ports import Engine

_SAMPLE_S: Final = 1.0
_CUT: Final = "==\n"
_LOOK: Final = (
    "cat /proc/meminfo; echo ==; df -Pk /"  # / of a container is on the file system with the engine's data
)
# About a second of short pieces of work: a neighbour takes nothing from a machine that does nothing.
_WORK: Final = "i=0; while [ $i -lt 50 ]; do n=0; while [ $n -lt 3000 ]; do n=$((n+1)); done; sleep 0.01; i=$((i+1)); done"
_STAT: Final = "cat /proc/stat; echo =="
_SAMPLE: Final = f"{_STAT}; sleep 1; {_STAT}; {_WORK}; {_STAT}; {_LOOK}"
_PIECE_S: Final = 0.01


class EngineSurroundings:
    """Implements `lab.ports.Surroundings`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def room(self) -> Room:
        """Return what the engine's machine has, and what of it is free now."""
        machine = self._engine.machine()
        local = is_this_machine(machine.name, machine.kernel)
        free = free_here(machine.data_folder) if local else free_there()
        return Room(cores=machine.cores, memory_bytes=machine.memory_bytes, **free)

    def power(self) -> Power:
        """Return how this computer is fed."""
        from lab.adapters.power import power

        return power(endpoint())

    def speed(self, *, fresh: bool) -> Reference | None:
        """Return how fast the engine's machine is."""
        from lab.adapters import speed

        return speed.reference(self._engine, fresh=fresh)

    def ceiling_rps(self) -> float | None:
        """Return the load generator's ceiling on the engine's machine."""
        from lab.adapters import speed

        return speed.ceiling_rps(self._engine)

    def keep_ceiling(self, ceiling_rps: float) -> None:
        """Keep the load generator's ceiling."""
        from lab.adapters import speed

        speed.keep_ceiling(self._engine, ceiling_rps)


def is_this_machine(name: str, kernel: str) -> bool:
    """Say whether an engine that gives this host name and kernel runs on this machine, not in a VM or elsewhere."""
    uname = os.uname()
    return (name, kernel) == (uname.nodename, uname.release) and Path("/proc/meminfo").exists()


def free_here(data_folder: str) -> dict[str, int]:
    """Return free memory and disk of this machine; `data_folder` is where the engine keeps its data."""
    disk = os.statvfs(data_folder if Path(data_folder).is_dir() else "/")
    meminfo = Path("/proc/meminfo").read_text(encoding="ascii")
    return {"disk_free_bytes": disk.f_bavail * disk.f_frsize, **free_memory(meminfo)}


def free_there() -> dict[str, int]:
    """Return free memory and disk of the engine's machine, seen from a container; empty when none can be started."""
    parts = _in_container(_LOOK).split(_CUT)
    return _free(*parts) if len(parts) == 2 else {}


def sample_here(data_folder: str) -> dict[str, Any]:
    """Return idle over one second, steal also over one of work, and what is free, of this machine."""
    stat = Path("/proc/stat")
    before = stat.read_text(encoding="ascii")
    time.sleep(_SAMPLE_S)
    after = stat.read_text(encoding="ascii")
    _stay_half_busy()
    return {**noise(before, after, stat.read_text(encoding="ascii")), **free_here(data_folder)}


def _stay_half_busy() -> None:
    end_s = time.monotonic() + _SAMPLE_S
    while (now_s := time.monotonic()) < end_s:
        while time.monotonic() < now_s + _PIECE_S:
            pass
        time.sleep(_PIECE_S)


def sample_there() -> dict[str, Any]:
    """Return the same of the engine's machine, seen from a container; empty when none can be started."""
    parts = _in_container(_SAMPLE).split(_CUT)
    return {**noise(*parts[:3]), **_free(*parts[3:])} if len(parts) == 5 else {}


def noise(before: str, after: str, worked: str) -> dict[str, float]:
    """Return how idle the machine was between the first two readings of /proc/stat, and its most steal of both spans."""
    rest, work = cpu_ratios(before, after), cpu_ratios(after, worked)
    return {**rest, "steal_ratio": max(rest["steal_ratio"], work["steal_ratio"])}


def _in_container(script: str) -> str:
    for name in ("base", "probe"):
        reference = IMAGES[name].reference
        if _output(["docker", "image", "inspect", "--format", "{{.Id}}", reference]):
            argv = [
                "docker",
                "run",
                "--rm",
                "--network",
                "none",
                "--label",
                "lab.role=doctor",
                "--log-driver",
                "none",
            ]
            return _output([*argv, "--entrypoint", "sh", reference, "-c", script])
    return ""


def _output(argv: list[str]) -> str:
    try:
        return run(argv, timeout_s=30)
    except LabError:
        return ""


def _free(meminfo: str, disk: str) -> dict[str, int]:
    return {"disk_free_bytes": int(disk.splitlines()[-1].split()[3]) * 1024, **free_memory(meminfo)}


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
