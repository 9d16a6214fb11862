"""A run: what was measured, where, and how much it can be trusted. Immutable, versioned, plain JSON on disk.

Format history:
    lab.run/1  first format: bench and sweep share it; a bench has one point, a sweep has one point per setting.
               Added since, absent from older files: a measurement's `lost` and `repeated`, a point's `host_bound`.
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
    """One second of the time series; `phase` is ramp, warmup or measure."""

    t_s: float
    phase: str
    throughput_rps: float
    failures: int
    mean_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one container used during the window.

    Attributes:
        quota_cores: its CPU limit; None = no limit of its own.
        cpu_of_quota_ratio: CPU used / limit; None without a limit.
        throttled_ratio: share of CFS periods in which it was stopped; 1 = always, .5 alone is not saturation.
        metrics: tier-specific means over the window, units in the names (`busy_workers`, `hit_ratio`, `lag_ms`).
    """

    target: str
    tier: str
    cpu_cores: float
    quota_cores: float | None
    cpu_of_quota_ratio: float | None
    throttled_ratio: float
    memory_bytes: int
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured window. Counts are requests; `throughput_rps` counts successful ones only.

    Attributes:
        block: repetition, from 1; a block holds every setting once, in random order.
        normalised_rps: throughput times (in-band unit of work / reference); None when no unit was seen.
        work_ms: mean CPU time of the fixed unit of PHP work during the window.
        problems: why it is INVALID; empty = VALID.
        lost: seconds that it lost to a machine that slept or a load generator that stood still.
        repeated: it lost too much and was measured again; this one is kept to be seen, and decides nothing.
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

    @property
    def is_valid(self) -> bool:
        """Say whether no gate failed."""
        return not self.problems


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

    @property
    def valid(self) -> list[Measurement]:
        """Return the measurements that passed every gate."""
        return [m for m in self.measurements if m.is_valid]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One bench or sweep.

    Attributes:
        kind: `bench` or `sweep`.
        scenario: name, title, hypothesis, mix, sha256 of its files.
        load: model (`closed`), users, think_s, ramp_s, warmup_s, duration_s.
        environment: the engine's machine, image ids, versions, CPU plan; see `docs/results.md`.
        factor: the option that varies (`replicas`, `stage`); empty for a bench.
        seed: seeds the order of points and the generator's choices.
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
