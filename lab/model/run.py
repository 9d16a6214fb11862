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
from lab.model.measurement import Measurement
from lab.model.shape import build

SCHEMA: Final = "lab.run/1"
MIN_WINDOWS: Final = 2  # fewer have no interval; a run that asks for one window is content with it


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

    @property
    def left_out(self) -> list[Measurement]:
        """Return the measurements that failed a gate and were not made again."""
        return [m for m in self.measurements if not m.is_valid and not m.repeated]

    @property
    def stands(self) -> bool:
        """Say whether what is valid is enough, and nothing but what passes spoiled what is left out (docs/adr/0017)."""
        wanted = min(MIN_WINDOWS, len(self.valid) + len(self.left_out))
        return len(self.valid) >= wanted and all(set(m.problems) <= set(m.spoiled) for m in self.left_out)


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
        """Say whether every point stands."""
        return all(point.stands for point in self.points)


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
