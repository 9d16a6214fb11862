"""Read the kernel's account of the processors. Pure.

In a container ``/proc/stat`` and ``/proc/loadavg`` describe the whole machine that runs the containers, which is
what the gates want to know: on a desktop engine that machine is a VM.
"""

from typing import Final

_FIELDS: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def cpu_ticks(stat_text: str) -> dict[str, int]:
    """Return the ticks of all processors together by kind.

    Raises: ValueError when there is no ``cpu`` line. Source: proc_stat(5).
    """
    for line in stat_text.splitlines():
        if line.startswith("cpu "):
            return dict(zip(_FIELDS, (int(ticks) for ticks in line.split()[1:9]), strict=False))
    raise ValueError("no 'cpu' line in /proc/stat")


def cpu_ratios(before: dict[str, int], after: dict[str, int]) -> dict[str, float]:
    """Return idle, steal and iowait as shares of all processor time between two readings."""
    spent = {name: max(0, ticks - before.get(name, 0)) for name, ticks in after.items()}
    total = sum(spent.values())
    if not total:
        return {}
    return {f"{name}_ratio": round(spent.get(name, 0) / total, 4) for name in ("idle", "steal", "iowait")}


def load1(loadavg_text: str) -> float:
    """Return the load average over one minute."""
    return float(loadavg_text.split(maxsplit=1)[0])
