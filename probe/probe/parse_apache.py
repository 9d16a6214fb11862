"""Read Apache's ``server-status?auto``. Pure.

Source: Apache documentation, mod_status; its averages since the start (ReqPerSec) are left out on purpose.
"""

from typing import Final

COUNTERS: Final = ("accesses", "duration_ms", "sent_kbytes")
_NAMES: Final = {
    "BusyWorkers": "busy_workers",
    "IdleWorkers": "idle_workers",
    "GracefulWorkers": "graceful_workers",
    "Total Accesses": "accesses",
    "Total Duration": "duration_ms",
    "Total kBytes": "sent_kbytes",
    "Uptime": "uptime_s",
}


def values(text: str) -> dict[str, float]:
    """Return workers by state and the raw counters; ``keepalive_workers`` are pinned by idle connections.

    Raises: ValueError when the text has no BusyWorkers line.
    """
    lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    if "BusyWorkers" not in lines:
        raise ValueError("not Apache's machine-readable status: no BusyWorkers")
    flat = {name: float(lines[key]) for key, name in _NAMES.items() if key in lines}
    flat["keepalive_workers"] = float(lines.get("Scoreboard", "").count("K"))
    return flat
