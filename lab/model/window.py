"""What the gates look at: what was asked of one window, and what was seen in it. Plain values, no rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.model.measurement import Starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for.

    Attributes:
        users: of a closed load; None in an open one.
        rate_rps: actions started a second in an open load; None in a closed one.
        think_s: mean time that a user of a closed load thinks after each action.
        mix: share of each action, as the scenario declares it.
        web: names of the web replicas.
        shares: how requests are spread, where that makes the shares unequal (`source`, `sticky`); empty = evenly.
        is_writing: the scenario writes to the data set.
        is_cold: the fill of the cache is to be seen, so no steady state is wanted.
    """

    users: int | None = None
    rate_rps: float | None = None
    think_s: float = 0.0
    mix: Mapping[str, float] = field(default_factory=dict)
    web: Sequence[str] = ()
    shares: str = ""
    is_writing: bool = False
    is_cold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was seen in one window. Counts are requests that ended in it, unless the name says otherwise.

    Attributes:
        top_error: the commonest error's text.
        verify: what the check before the load found.
        mean_ms, first_ms, last_ms: mean latency of all, and of those that ended in its first and its last seconds.
        actions: that ended in it; `mix` is their shares.
        balancer_requests: what HAProxy counted; None without one, or when it could not be read.
        balancer_edge_s: by how much its two readings together may be off the ends of the window.
        replicas: answers by replica.
        generator_cpu_ratio: of one core, by the busiest process of the load generator.
        generator_processes: how many there are; each deals from a deck of its own.
        generator_lag_p99_ms: how late its event loop ran; None when not seen.
        host_idle_ratio, host_steal_ratio: of the engine's machine; None when they could not be read.
        starts: how an open load kept to its plan; None in a closed one.
        writes: transactions on the data set between its restoration and the window; None when not known.
        steady: why it was not in a steady state; empty when it was, or cannot be judged.
    """

    asked: Asked
    duration_s: float
    requests: int
    failures: int
    top_error: str = ""
    verify: Sequence[str] = ()
    mean_ms: float = 0.0
    first_ms: float = 0.0
    last_ms: float = 0.0
    actions: int = 0
    mix: Mapping[str, float] = field(default_factory=dict)
    balancer_requests: int | None = None
    balancer_edge_s: float = 0.0
    replicas: Mapping[str, int] = field(default_factory=dict)
    generator_cpu_ratio: float = 0.0
    generator_processes: int = 1
    generator_lag_p99_ms: float | None = None
    host_idle_ratio: float | None = None
    host_steal_ratio: float | None = None
    starts: Starts | None = None
    writes: int | None = None
    steady: str = ""

    @property
    def rate_rps(self) -> float:
        """Return the requests that ended per second."""
        return self.requests / self.duration_s if self.duration_s > 0 else 0.0

    @property
    def under_way(self) -> float:
        """Return the most requests that can have been under way at one end of the window.

        A user has one at a time. In an open load it is Little's law with the latency at the slower end, and four
        standard deviations of a Poisson count more.
        """
        if self.asked.users is not None:
            return self.asked.users
        count = self.rate_rps * max(self.first_ms, self.last_ms) / 1000
        return count + 4 * math.sqrt(max(count, 1.0))
