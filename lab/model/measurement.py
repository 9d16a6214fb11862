"""One measured window and what was seen in it. Immutable; kept in a run (`lab.model.run`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.model.lost import Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Latencies of successful requests, in milliseconds."""

    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One second of the time series; `phase` is ramp, warmup or measure, `work_ms` the mean unit of work, if one was seen.

    `hit_ratio` is the cache's share of hits in the latest reading, the mean over its nodes; None before the first.
    """

    t_s: float
    phase: str
    throughput_rps: float
    failures: int
    mean_ms: float
    p95_ms: float
    work_ms: float | None = None
    hit_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one container used during the window.

    Attributes:
        quota_cores: its CPU limit; None = no limit of its own.
        cpu_of_quota_ratio: CPU used / limit; None without a limit.
        throttled_ratio: share of CFS periods in which it was stopped; 1 = always, .5 alone is not saturation.
        metrics: tier-specific means over the window, units in the names (`busy_workers`, `hit_ratio`, `lag_ms`).
        medians: medians of the readings of the metrics that the verdict looks at.
    """

    target: str
    tier: str
    cpu_cores: float
    quota_cores: float | None
    cpu_of_quota_ratio: float | None
    throttled_ratio: float
    memory_bytes: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    medians: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """How an open load kept to its plan. Counts are actions in the window; late = more than 5 ms after the intended time.

    Attributes:
        dropped: never started, because too many were under way.
        late_p99_ms: how late the latest of 99 in 100 started.
    """

    planned: int
    late: int
    dropped: int
    late_p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """Where the steady state begins, by MSER-5, in seconds from the begin of the window; None = none was found.

    Source: White, Cobb and Spratt, WSC 2000 (facts of docs/measuring.md).
    """

    throughput_s: float | None = None
    latency_s: float | None = None
    hit_ratio_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured window. Counts are requests; `throughput_rps` counts successful ones only.

    Attributes:
        block: repetition, from 1; a block holds every setting once, in random order.
        normalised_rps: throughput times (in-band unit of work / reference); None when no unit was seen.
        work_ms: mean CPU time of the fixed unit of PHP work during the window.
        problems: why it is INVALID; empty = VALID.
        lost: seconds that it lost to a machine that slept or a load generator that stood still.
        spoiled: those of `problems` that the same window, measured again, may be without: lost time, a drift of speed, a neighbour on the machine, a cache that was still filling, a load generator without room.
        repeated: it was spoiled and measured again; this one is kept to be seen, and decides nothing.
        normalised_by: the tier whose unit of work `normalised_rps` rests on: `web`; empty when not normalised.
        drift_ratio: the in-band unit of the window's second half against the first half, minus 1.
        balancer_requests: what HAProxy counted in the window; None without one.
        actions, mix: actions that ended in the window, and each one's share of them.
        service: latencies from the real start of a request; None in a closed load, where `latency` is that.
        starts: how an open load kept to its plan; None in a closed one.
        generator_cpu_ratio, generator_lag_p99_ms: of the load generator's busiest process; how late its event loop ran.
        generator_processes, generator_cpu_cores: how many made the load, and their CPU together (None in older runs).
        collectors_cpu_ratio: CPU of everything that watches, in cores.
        warnings: what should be known and makes nothing INVALID.
        writes: transactions on the data set between its restoration and this measurement; None when not known.
    """

    block: int
    started_at_s: float
    duration_s: float
    requests: int
    failures: int
    throughput_rps: float
    normalised_rps: float | None
    work_ms: float | None
    latency: Latency
    by_name: Mapping[str, Mapping[str, float | None]]
    errors: Sequence[Mapping[str, Any]]
    replicas: Mapping[str, int]
    cache: Mapping[str, int]
    generator_cpu_ratio: float
    host_idle_ratio: float | None
    host_steal_ratio: float | None
    use: Sequence[Use]
    series: Sequence[Second]
    histogram: str
    problems: Sequence[str]
    lost: Lost = field(default_factory=Lost)
    repeated: bool = False
    normalised_by: str = ""
    drift_ratio: float | None = None
    balancer_requests: int | None = None
    actions: int = 0
    mix: Mapping[str, float] = field(default_factory=dict)
    service: Latency | None = None
    starts: Starts | None = None
    steady: Steady | None = None
    generator_lag_p99_ms: float | None = None
    generator_processes: int = 1
    generator_cpu_cores: float | None = None
    collectors_cpu_ratio: float | None = None
    warnings: Sequence[str] = ()
    spoiled: Sequence[str] = ()
    writes: int | None = None

    @property
    def is_valid(self) -> bool:
        """Say whether no gate failed."""
        return not self.problems

    @property
    def should_repeat(self) -> bool:
        """Say whether it was spoiled by something that passes: it is thrown out and made again."""
        return bool(self.spoiled) or self.lost.is_too_much
