"""What each option of a topology may be, looked at alone. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final

from lab.errors import did_you_mean
from lab.model.stages import STAGES

MAX_REPLICAS: Final = 32  # HAProxy slots; each costs one cached DNS look-up a second
MAX_CACHE_NODES: Final = 8
MAX_DB_REPLICAS: Final = 8

BALANCE: Final = ("none", "leastconn", "roundrobin", "random", "source")
SESSIONS: Final = ("cache", "files", "sticky")
CACHE: Final = ("off", "aside")
STORE: Final = ("s3", "local")
SWITCH: Final = ("on", "off")
DURABILITY: Final = ("async", "semisync")

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "stage": tuple(STAGES),
    "balance": BALANCE,
    "sessions": SESSIONS,
    "cache": CACHE,
    "stampede_lock": SWITCH,
    "store": STORE,
    "read_your_writes": SWITCH,
    "durability": DURABILITY,
}
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "replicas": (1, MAX_REPLICAS),
    "cache_nodes": (0, MAX_CACHE_NODES),
    "db_replicas": (0, MAX_DB_REPLICAS),
}
CPU_RANGE: Final = (
    0.05,
    64.0,
)  # below 0.05 core a 5 ms quota needs a period over 100 ms: latency steps dominate
SUBNET_PREFIX: Final = (16, 25)  # split in four: three networks, each with room for every container
CPU_KEYS: Final = ("web_cpu", "db_cpu", "db_replica_cpu")


def value_problem(key: str, value: object) -> str | None:
    """Return what is wrong with one option's value; None when nothing is."""
    if key == "subnet":
        return _subnet_problem(value)
    if key in CHOICES and value not in CHOICES[key]:
        return (
            f"must be one of {', '.join(CHOICES[key])}; got {value!r}{did_you_mean(str(value), CHOICES[key])}"
        )
    if key in RANGES:
        low, high = RANGES[key]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return f"must be a whole number from {low} to {high}; got {value!r}"
    if key in CPU_KEYS:
        low_cpu, high_cpu = CPU_RANGE
        if not isinstance(value, int | float) or isinstance(value, bool) or not low_cpu <= value <= high_cpu:
            return f"must be a number of cores from {low_cpu} to {high_cpu:g}; got {value!r}"
    return None


def _subnet_problem(value: object) -> str | None:
    if value == "":
        return None
    try:
        network = ipaddress.IPv4Network(str(value))
    except ValueError as error:
        return f"must be an IPv4 range like 10.77.0.0/22: {error}; got {value!r}"
    low, high = SUBNET_PREFIX
    if not low <= network.prefixlen <= high or not network.is_private:
        return f"must be a private range from /{low} to /{high}, like 10.77.0.0/22; got {value!r}"
    return None
