"""What all users of a run share. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from probe.mix import Dealer


@dataclass(slots=True, kw_only=True)
class Workload:
    """Filled in by the generator before the first user starts; only ``stopping`` changes afterwards."""

    seed: int
    photos: int
    users: int
    zipf_s: float
    think_s: float
    settings: Mapping[str, Any]
    dealer: Dealer
    action_done: Callable[[str], None]
    stopping: bool = False
