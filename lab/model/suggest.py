"""A plan for the machine at hand: how large the CPU shares, how many replicas. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lab.model.demand import GENERATOR_RATIO, busy_cores
from lab.model.fit import Room, fit
from lab.model.gates import MAX_GENERATOR_RATIO
from lab.model.plan import GENERATOR_MEMORY_BYTES, MIB, needs
from lab.model.stages import STAGES
from lab.model.topology import Topology, resolve
from lab.model.topology_values import MAX_DB_REPLICAS

HEADROOM: Final = (
    2.0  # pages that cost half of read-heavy's, at the same shares, must not make the generator the limit
)
STEP: Final = 0.5  # of the default shares: 0.10, 0.15, 0.20 ... cores for a web replica
_SMALL: Final = {"stage": "cached", "store": "local"}  # without a store and without read replicas
_CURVE: Final = 8  # replicas that the longest usual curve has
_SOME: Final = 4  # replicas that show a curve at all
_DEFAULT: Final = Topology()
_LIMITS: Final = {
    "cores": "more would be host-bound",
    "memory": "more does not fit the free memory",
    "disk": "more does not fit the free disk",
    "load generator": "with larger shares one process of the load generator would no longer do",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What suits a machine.

    Attributes:
        options: what differs from plain `lab up`, by key.
        topology: the plan as a whole, with as many replicas as are not host-bound.
        max_db_replicas: read replicas that fit beside them, with the cache off.
        busy_cores: CPU under full load, load generator included.
        memory_bytes: of that many replicas, load generator included.
        limited_by: `cores`, `memory`, or `load generator`: what forbids a larger plan.
    """

    options: dict[str, Any]
    topology: Topology
    max_db_replicas: int
    busy_cores: float
    memory_bytes: int
    limited_by: str

    @property
    def sentence(self) -> str:
        """Return what fits and what forbids more, in words."""
        t = self.topology
        copies = f" and up to {self.max_db_replicas} read replicas" if self.max_db_replicas else ""
        room = f"{self.busy_cores:.2f} cores under load, about {self.memory_bytes / MIB:,.0f} MiB"
        return f"up to {t.replicas} web replicas{copies} fit: {room}; {_LIMITS[self.limited_by]}"

    def as_document(self) -> dict[str, Any]:
        """Return it for `lab doctor --json`."""
        t = self.topology
        return {
            "up": self.up,
            "sweep": self.sweep,
            "options": self.options,
            "replicas": t.replicas,
            "db_replicas": t.db_replicas,
            "max_db_replicas": self.max_db_replicas,
            "web_cpu_cores": t.web_cpu,
            "db_cpu_cores": t.db_cpu,
            "db_replica_cpu_cores": t.db_replica_cpu,
            "busy_cores": round(self.busy_cores, 3),
            "memory_bytes": self.memory_bytes,
            "limited_by": self.limited_by,
        }

    @property
    def up(self) -> str:
        """Return the command that starts it."""
        flags = [f" --{key.replace('_', '-')} {value}" for key, value in self.options.items()]
        return "lab up" + "".join(flags)

    @property
    def sweep(self) -> str:
        """Return the command that measures its curve; it takes the shares from the lab that runs."""
        if self.topology.replicas == 1:
            return "lab bench read-heavy"
        return f"lab sweep read-heavy --replicas 1..{self.topology.replicas}"


def suggest(room: Room) -> Suggestion | None:
    """Return the largest plan that fits a machine and is not host-bound; None when not even the smallest fits.

    The plans are one ladder, each at least as large as the one before in everything: first more tiers and replicas with
    the default shares, then larger shares in the default proportions, until one process of the load generator would be
    the limit. So a bigger machine never gets a smaller plan.
    """
    best: dict[str, Any] | None = None
    stopped_by = "load generator"
    for options in _ladder():
        reason = _misfit(resolve(options), room)
        if reason:
            stopped_by = reason
            break
        best = options
    if best is None:
        return None
    topology = resolve(best)
    more = [m for m in range(topology.db_replicas, MAX_DB_REPLICAS + 1) if _has_room(best, m, room)]
    return Suggestion(
        options=_differing(best),
        topology=topology,
        max_db_replicas=max(more, default=topology.db_replicas),
        busy_cores=busy_cores(topology),
        memory_bytes=needs(topology).memory_bytes + GENERATOR_MEMORY_BYTES,
        limited_by=stopped_by,
    )


def generator_keeps_up(topology: Topology) -> bool:
    """Say whether one process can ask for as many pages as the web tier's share can serve."""
    return topology.replicas * topology.web_cpu * GENERATOR_RATIO * HEADROOM <= MAX_GENERATOR_RATIO


def _ladder() -> Iterator[dict[str, Any]]:
    """Yield every plan's options, from the smallest to the largest."""
    yield {"stage": "single"}
    for replicas in range(2, _SOME + 1):
        yield {**_SMALL, "replicas": replicas}
    yield {"stage": "cached", "replicas": _SOME}
    for copies in (1, 2):
        yield {"stage": "full", "replicas": _SOME, "db_replicas": copies}
    for replicas in range(_SOME + 1, _CURVE + 1):
        yield {"stage": "full", "replicas": replicas}
    scale = 1 + STEP
    while generator_keeps_up(resolve(plan := _scaled(scale))):
        yield plan
        scale += STEP


def _scaled(scale: float) -> dict[str, Any]:
    shares = {key: getattr(_DEFAULT, key) * scale for key in ("web_cpu", "db_cpu", "db_replica_cpu")}
    return {"stage": "full", "replicas": _CURVE, **{key: round(share, 3) for key, share in shares.items()}}


def _misfit(topology: Topology, room: Room) -> str:
    found = fit(topology, room, is_measured=True)
    if found.host_bound:
        return "cores"
    return found.refused[0].split(":")[0] if found.refused else ""


def _has_room(options: dict[str, Any], copies: int, room: Room) -> bool:
    """Say whether read replicas fit, also with the cache off: that is when they have something to do."""
    return not _misfit(resolve({**options, "db_replicas": copies, "cache": "off"}), room)


def _differing(options: dict[str, Any]) -> dict[str, Any]:
    """Return what must be typed: neither what the stage presets, nor more replicas than it starts with."""
    preset = STAGES[options["stage"]]
    start = preset.get("replicas", _DEFAULT.replicas)
    shown = {
        key: value
        for key, value in options.items()
        if preset.get(key, getattr(_DEFAULT, key)) != value and not (key == "replicas" and value > start)
    }
    if options["stage"] != "full":
        shown = {"stage": options["stage"], **{k: v for k, v in shown.items() if k != "stage"}}
    return shown
