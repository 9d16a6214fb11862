"""Read memcached's ``stats``. Pure.

Source: memcached protocol.txt, "General-purpose statistics".
"""

from collections.abc import Mapping
from typing import Final

GAUGES: Final = ("curr_items", "bytes", "limit_maxbytes", "curr_connections", "max_connections", "threads")
COUNTERS: Final = (
    "get_hits", "get_misses", "get_expired", "cmd_get", "cmd_set", "evictions", "rejected_connections",
)  # fmt: skip


def values(text: str) -> dict[str, float]:
    """Return the fields worth charting.

    Raises: ValueError when the text does not hold a complete answer.
    """
    if not text.rstrip().endswith("END"):
        raise ValueError("memcached's answer is cut off: no END")
    lines = (line.split(" ", 2) for line in text.splitlines())
    stats = {parts[1]: parts[2] for parts in lines if len(parts) == 3 and parts[0] == "STAT"}
    return {name: float(stats[name]) for name in (*GAUGES, *COUNTERS) if name in stats}


def hit_ratio(rates: Mapping[str, float]) -> dict[str, float]:
    """Return ``hit_ratio`` of the last interval, nothing when no key was asked for."""
    hits, misses = rates.get("get_hits_per_s", 0.0), rates.get("get_misses_per_s", 0.0)
    return {"hit_ratio": round(hits / (hits + misses), 4)} if hits + misses > 0 else {}
