"""How many processes of the load generator a window needs. Pure."""

from __future__ import annotations

import math
from typing import Final

from lab.model.gates import MAX_GENERATOR_RATIO

MAX_PROCESSES: Final = (
    4  # the probe's own bound: each gets its part of the container's memory (probe/probe/job.py)
)
ROOM: Final = 0.8  # of what the gate allows: a process that just fits one window is over it in the next


def allowed(cores: int, *, users: int | None) -> int:
    """Return the most that may be: not more than cores, nor than users of a closed load (None: an open one)."""
    return max(1, min(cores, MAX_PROCESSES, MAX_PROCESSES if users is None else users))


def at_rate(rate_rps: float, ceiling_rps: float | None) -> int:
    """Return how many an open load needs at least.

    Args:
        rate_rps: actions started a second; each makes one request or more.
        ceiling_rps: requests a second of one process with 70 % of a core, each as cheap as can be; None = not known.
    """
    return 1 if not ceiling_rps else max(1, math.ceil(rate_rps / (ROOM * ceiling_rps)))


def after(busiest_ratio: float, cores: float, processes: int) -> int:
    """Return how many the same window needs when it is measured again; what it had, when that was enough.

    Args:
        busiest_ratio: CPU of the busiest process, of one core.
        cores: CPU of all processes together. One that had no room may have wanted more than it got.
    """
    if busiest_ratio <= MAX_GENERATOR_RATIO:
        return processes
    return max(processes + 1, math.ceil(cores / (ROOM * MAX_GENERATOR_RATIO)))
