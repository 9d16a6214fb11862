"""How much CPU a topology keeps busy under full load: measured demands, and the tier that binds first. Pure.

A closed load grows until one tier is at its CPU share. The others then use what the same requests cost them, not their
whole shares; so the sum of the shares says too much, and this says what to expect.

Source: measured on two cores, docs/adr/0012-plan-and-machine.md. Ratios, so the speed of the machine cancels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lab.model.plan import STORE_CPU
from lab.model.topology import Topology

REFERENCE: Final = "read-heavy"
GENERATOR_RATIO: Final = 0.10  # the load generator's CPU for each core of web CPU, read-heavy
STANDING_CORES: Final = 0.17  # without any request: collectors, health checks, engine, three idle databases
COLD_RATIO: Final = 4.3  # what the databases have to do without the cache, against with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one core of web CPU costs elsewhere, in cores.

    Attributes:
        db: all databases together, with the cache on.
        store: the object store.
        beside: balancer, cache, load generator and the kernel's network: they have no share of their own.
    """

    db: float
    store: float
    beside: float


DEMANDS: Final[Mapping[str, Demand]] = {
    "read-heavy": Demand(db=0.25, store=0.01, beside=0.28),
    "media": Demand(db=0.36, store=0.33, beside=0.58),
    "write-heavy": Demand(db=0.67, store=0.0, beside=0.36),
    "tiny-page": Demand(db=0.24, store=0.01, beside=0.72),
}


def busy_cores(topology: Topology, scenario: str = REFERENCE) -> float:
    """Return the cores that are busy under full load of a scenario; of the heaviest known one when it is unknown."""
    demands = [DEMANDS[scenario]] if scenario in DEMANDS else list(DEMANDS.values())
    return max(_busy(topology, demand) for demand in demands)


def _busy(topology: Topology, demand: Demand) -> float:
    db = demand.db * (COLD_RATIO if topology.cache == "off" else 1.0)
    store = demand.store if topology.store == "s3" else 0.0
    web_cores = topology.replicas * topology.web_cpu
    db_cores = topology.db_cpu + topology.db_replicas * topology.db_replica_cpu
    binding = min(web_cores, db_cores / db, STORE_CPU / store if store else web_cores)
    return binding * (1 + db + store + demand.beside) + STANDING_CORES
