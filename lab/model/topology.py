"""What a lab consists of: the topology, its stages, and every rule that a topology must obey.

A `Topology` is complete: every option has a value. `resolve` merges a stage's preset with the options that were
given, and `problems` lists everything wrong at once.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from lab.errors import BadInput, did_you_mean

MAX_REPLICAS: Final = 32  # HAProxy slots; each costs one cached DNS look-up a second
MAX_CACHE_NODES: Final = 8
MAX_DB_REPLICAS: Final = 8

BALANCE: Final = ("none", "leastconn", "roundrobin", "random", "source")
SESSIONS: Final = ("cache", "files", "sticky")
CACHE: Final = ("off", "aside")
STORE: Final = ("s3", "local")
SWITCH: Final = ("on", "off")
DURABILITY: Final = ("async", "semisync")

LAB_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """One lab's shape. CPU figures are cores; counts are containers.

    `subnet` is an IPv4 range for the lab's three networks; empty: the engine chooses.
    """

    stage: str = "full"
    replicas: int = 3
    balance: str = "leastconn"
    sessions: str = "cache"
    cache: str = "aside"
    cache_nodes: int = 1
    stampede_lock: str = "on"
    store: str = "s3"
    db_replicas: int = 2
    read_your_writes: str = "on"
    durability: str = "async"
    web_cpu: float = 0.10
    db_cpu: float = 0.30
    db_replica_cpu: float = 0.15
    subnet: str = ""

    @property
    def has_balancer(self) -> bool:
        """Say whether HAProxy stands in front."""
        return self.balance != "none"

    @property
    def web_names(self) -> tuple[str, ...]:
        """Return the replicas' service names, from `web-1`."""
        return tuple(f"web-{i}" for i in range(1, self.replicas + 1))

    @property
    def cache_names(self) -> tuple[str, ...]:
        """Return the cache nodes' service names."""
        return tuple(f"cache-{i}" for i in range(1, self.cache_nodes + 1))

    @property
    def db_replica_names(self) -> tuple[str, ...]:
        """Return the read replicas' service names."""
        return tuple(f"db-replica-{i}" for i in range(1, self.db_replicas + 1))

    @property
    def entry(self) -> str:
        """Return the service that publishes the lab's port."""
        return "balancer" if self.has_balancer else "web-1"


def options_of(topology: Topology) -> dict[str, Any]:
    """Return the topology as a mapping spelled like the flags, `db-replicas` and so on."""
    return {name.replace("_", "-"): value for name, value in asdict(topology).items()}


_SINGLE: Final = {
    "replicas": 1, "balance": "none", "sessions": "files", "store": "local", "cache": "off", "cache_nodes": 0, "db_replicas": 0,
}  # fmt: skip
_BALANCED: Final = {**_SINGLE, "replicas": 3, "balance": "leastconn"}
_SHARED: Final = {**_BALANCED, "sessions": "cache", "store": "s3", "cache_nodes": 1}
_CACHED: Final = {**_SHARED, "cache": "aside"}
_FULL: Final = {**_CACHED, "db_replicas": 2}

STAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "single": _SINGLE,
    "balanced": _BALANCED,
    "shared": _SHARED,
    "cached": _CACHED,
    "replicated": _FULL,
    "full": _FULL,
}
LADDER: Final = (
    "single",
    "balanced",
    "shared",
    "cached",
    "replicated",
)  # `full` is another name for the last

STAGE_ADDS: Final[Mapping[str, str]] = {
    "single": "one Apache + PHP server and its MySQL: the place where every app starts",
    "balanced": "HAProxy and more web replicas: more capacity, but file sessions and local uploads now visibly break",
    "shared": "sessions in memcached and uploads in MinIO (S3): any replica can serve anyone",
    "cached": "a cache in front of the database: most reads never reach MySQL",
    "replicated": "read replicas: reads spread over more databases; writes still meet in the primary",
    "full": "everything: the same as `replicated`",
}

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
OPTION_KEYS: Final = tuple(f.name for f in fields(Topology))


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


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


def _value_problem(key: str, value: object) -> str | None:
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


def _pair_problems(t: Topology) -> list[str]:
    found = []
    if t.balance == "none" and t.replicas > 1:
        found.append(
            f"--balance none has no balancer, so --replicas must be 1; got {t.replicas} (use --balance leastconn, or --stage balanced)"
        )
    if t.cache_nodes == 0 and t.cache == "aside":
        found.append("--cache aside needs at least one cache node; got --cache-nodes 0")
    if t.cache_nodes == 0 and t.sessions == "cache":
        found.append("--sessions cache needs at least one cache node; got --cache-nodes 0")
    if t.balance == "none" and t.sessions == "sticky":
        found.append("--sessions sticky needs a balancer that pins clients; got --balance none")
    if t.durability == "semisync" and t.db_replicas == 0:
        found.append("--durability semisync waits for a read replica; got --db-replicas 0")
    return found


def resolve(given: Mapping[str, Any], *, source: Mapping[str, str] | None = None) -> Topology:
    """Return the complete topology for the options that were given.

    Args:
        given: option values by key (`db_replicas`); absent keys take the stage's preset.
        source: where each key came from, to name it in messages; default is the flag.

    Raises:
        BadInput: with every problem at once.
    """
    where = dict(source or {})
    found = [
        f"{where.get(key, _flag(key))}: unknown option{did_you_mean(key, OPTION_KEYS)}"
        for key in given
        if key not in OPTION_KEYS
    ]
    for key, value in given.items():
        problem = _value_problem(key, value)
        if problem:
            found.append(f"{where.get(key, _flag(key))}: {problem}")
    if found:
        raise BadInput("\n".join(found))
    stage = given.get("stage", "full")
    merged: dict[str, Any] = {"stage": stage, **STAGES[stage], **given}
    if "cache_nodes" not in given:
        needed = merged["cache"] == "aside" or merged["sessions"] == "cache"
        merged["cache_nodes"] = max(1, merged["cache_nodes"]) if needed else 0
    topology = Topology(**merged)
    pairs = _pair_problems(topology)
    if pairs:
        raise BadInput("\n".join(pairs))
    return topology


def check_lab_name(name: str) -> str:
    """Return the lab's name if it can be a compose project's and a DNS name.

    Raises:
        BadInput: for anything else.
    """
    if not LAB_NAME.fullmatch(name):
        raise BadInput(
            f"--lab: must be 1 to 31 of a-z, 0-9 and -, starting with a letter or digit; got {name!r}",
            hint="for example: --lab demo-2",
        )
    return name
