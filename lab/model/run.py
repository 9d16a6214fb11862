"""A run: what was measured, where, and how much it can be trusted. Immutable, versioned, plain JSON on disk.

Format history:
    lab.run/1  first format: bench and sweep share it; a bench has one point, a sweep has one point per setting.
               Gone since: a measurement's `db_work_ms`, which never held anything. Added since, absent from older files: a measurement's `lost`, `repeated` and all that follows it, a
               point's `host_bound` and `verdict`, a run's `second_factor` and `procedure`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from lab.errors import BadInput
from lab.model.lost import Lost
from lab.model.shape import build

SCHEMA: Final = "lab.run/1"


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
class Verdict:
    """What binds, by the ordered rules of docs/measuring.md.

    Attributes:
        kind: `generator`, `machine`, `errors`, `offered-load`, `cpu`, `two`, `soft-limit`, `contention`, `not-explained`.
        culprit: the tier that binds, or `generator`, `machine`; empty when none does.
        second: with `two`, the other tier; else the tier that would bind next; empty when unknown.
        sentence: one line for a person, with the strongest evidence.
        evidence: every figure that the rule used, units in the words.
        is_confident: the demand table names the same tier; False is shown as "perhaps".
    """

    kind: str
    culprit: str
    second: str
    sentence: str
    evidence: Sequence[str] = ()
    is_confident: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured window. Counts are requests; `throughput_rps` counts successful ones only.

    Attributes:
        block: repetition, from 1; a block holds every setting once, in random order.
        normalised_rps: throughput times (in-band unit of work / reference); None when no unit was seen.
        work_ms: mean CPU time of the fixed unit of PHP work during the window.
        problems: why it is INVALID; empty = VALID.
        lost: seconds that it lost to a machine that slept or a load generator that stood still.
        spoiled: those of `problems` that the same window, measured again, may be without: lost time, a drift of speed, a load generator without room.
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
    by_name: Mapping[str, Mapping[str, float]]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean with its spread over blocks; `half_width` is of the 95 % t interval, None for a single block."""

    mean: float
    half_width: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One setting of a run with all its measurements.

    Attributes:
        label: the factor's value as shown on the axis: `3`, `cached`.
        setting: the options that define it (`{"replicas": 3}`).
        topology: every option, spelled like the flags.
        limit: the tier that binds, in words with evidence.
        next_limit: the tier that would bind next.
        host_bound: why the plan said that the machine would be the limit here, and no tier; empty when it did not.
        verdict: the same as `limit` in parts; None in older files, and when nothing is valid.
    """

    label: str
    setting: Mapping[str, Any]
    topology: Mapping[str, Any]
    measurements: Sequence[Measurement]
    throughput: Interval | None
    normalised: Interval | None
    p95: Interval | None
    limit: str
    next_limit: str
    host_bound: str = ""
    verdict: Verdict | None = None

    @property
    def valid(self) -> list[Measurement]:
        """Return the measurements that passed every gate."""
        return [m for m in self.measurements if m.is_valid]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One bench or sweep.

    Attributes:
        kind: `bench`, `sweep`, `aa`, `capacity` or `verify`.
        scenario: name, title, hypothesis, mix, sha256 of its files.
        load: model (`closed`, `open`), users or rate_rps, think_s, ramp_s, warmup_s, duration_s, cold.
        environment: the engine's machine, image ids, versions, CPU plan; see `docs/results.md`.
        factor: the option that varies (`replicas`, `stage`); empty for a bench.
        seed: seeds the order of points and the generator's choices.
        second_factor: the other option that varies in a two-factor sweep; each point's `setting` has both.
        procedure: how it was measured and why it ended: precision asked and reached, blocks, time, what was resumed.
    """

    id: str
    kind: str
    name: str | None
    created_at: str
    scenario: Mapping[str, Any]
    load: Mapping[str, Any]
    environment: Mapping[str, Any]
    factor: str
    seed: int
    blocks: int
    points: Sequence[Point]
    second_factor: str = ""
    procedure: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Say whether every point has only valid measurements, those apart that were repeated."""
        return all(m.is_valid for p in self.points for m in p.measurements if not m.repeated)


def to_document(run: Run) -> dict[str, Any]:
    """Return the run as JSON-ready data with its schema."""
    return {"schema": SCHEMA, "valid": run.is_valid, **asdict(run)}


def from_document(document: Mapping[str, Any], *, name: str) -> Run:
    """Read a run back.

    Args:
        name: the file's name, for messages.

    Raises:
        BadInput: another schema, or naming every key that is missing or of another type.
    """
    schema = document.get("schema")
    if schema != SCHEMA:
        raise BadInput(
            f"{name}: schema: this lab reads {SCHEMA}; got {schema!r}",
            hint="a newer lab wrote it? upgrade this one: pipx upgrade scalability-lab",
        )
    return build(
        Run, {key: value for key, value in document.items() if key not in {"schema", "valid"}}, name=name
    )
