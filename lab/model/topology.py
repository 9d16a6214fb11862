"""What a lab consists of: the topology, and every rule that its options must obey together.

A `Topology` is complete: every option has a value. `resolve` merges a stage's preset with the options that were
given, or says everything that is wrong with them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from lab.errors import BadInput, did_you_mean
from lab.model.stages import STAGES
from lab.model.topology_values import value_problem


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


OPTION_KEYS: Final = tuple(f.name for f in fields(Topology))


def options_of(topology: Topology) -> dict[str, Any]:
    """Return the topology as a mapping spelled like the flags, `db-replicas` and so on."""
    return {name.replace("_", "-"): value for name, value in asdict(topology).items()}


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
        problem = value_problem(key, value)
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


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


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
