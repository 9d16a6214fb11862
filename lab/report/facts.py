"""What a run says, derived from its points: the factor in words, speed-ups, the sentences under the title."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.model.run import Measurement, Point, Run
from lab.model.stats import interval, mean
from lab.report.numbers import NOTHING, times

THIS_MACHINE_ONLY: Final = (
    "this machine only: shape, order of bottlenecks and ratios transfer; absolute numbers do not"
)
_FACTORS: Final = {
    "replicas": "web replicas",
    "stage": "stage",
    "users": "users",
    "db_replicas": "read replicas",
    "cache_nodes": "cache nodes",
    "web_cpu": "CPU of each web replica, cores",
    "db_cpu": "CPU of the primary, cores",
    "db_replica_cpu": "CPU of each read replica, cores",
    "balance": "balancing",
    "sessions": "sessions",
    "cache": "cache",
    "store": "upload store",
    "durability": "durability",
    "read_your_writes": "read your writes",
    "stampede_lock": "stampede lock",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedUp:
    """A ratio of throughputs against the first valid point.

    Attributes:
        low: lower end of the 95 % interval of the paired ratio; None with fewer than two common blocks.
        is_normalised: whether drift of the machine's speed has been divided out.
    """

    ratio: float
    low: float | None
    high: float | None
    n: int
    is_normalised: bool


def factor_key(run: Run) -> str:
    """Return the factor spelled with underscores; empty for a bench."""
    return run.factor.removeprefix("--").replace("-", "_")


def factor_words(run: Run) -> str:
    """Return the factor as an axis title."""
    key = factor_key(run)
    return _FACTORS.get(key, key.replace("_", " "))


def is_plottable(point: Point) -> bool:
    """Say whether the point has a throughput that rests on valid measurements only."""
    return point.throughput is not None and bool(point.valid)


def plottable(run: Run) -> list[Point]:
    """Return the points that may appear in a plot, in order."""
    return [point for point in run.points if is_plottable(point)]


def number_of(label: str) -> float | None:
    """Return a label as a finite number, or None."""
    try:
        value = float(label)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def numeric_axis(run: Run) -> dict[str, float] | None:
    """Return each point's place on a numeric axis by label; None when the factor is made of words."""
    places = {point.label: number_of(point.label) for point in run.points}
    numbers = {label: value for label, value in places.items() if value is not None}
    return numbers if len(numbers) == len(places) == len(run.points) > 0 else None


def option(point: Point, key: str, default: object = None) -> Any:  # noqa: ANN401 - option values are str, int or float
    """Return an option of a point's topology, whether its keys use hyphens or underscores."""
    for name in (key, key.replace("_", "-")):
        for source in (point.setting, point.topology):
            if name in source:
                return source[name]
    return default


def _paired(point: Point, base: Point, *, normalised: bool) -> list[float]:
    def by_block(measurements: Sequence[Measurement]) -> dict[int, float]:
        values = {m.block: m.normalised_rps if normalised else m.throughput_rps for m in measurements}
        return {block: value for block, value in values.items() if value}

    mine, theirs = by_block(point.valid), by_block(base.valid)
    return [math.log(mine[block] / theirs[block]) for block in mine if block in theirs]


def speed_up(point: Point, base: Point) -> SpeedUp | None:
    """Return a point's speed-up against another, paired by block; speed-normalised where every pair allows it.

    A block holds every setting once, so the ratio within a block cancels what the block has in common. The mean is
    geometric, the interval is the t interval of the logarithms.

    Source: Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013.
    """
    if not (is_plottable(point) and is_plottable(base)):
        return None
    raw, normalised = _paired(point, base, normalised=False), _paired(point, base, normalised=True)
    is_normalised = bool(normalised) and len(normalised) == len(raw)
    logs = normalised if is_normalised else raw
    if not logs:
        return _ratio_of_means(point, base)
    found = interval(logs)
    if found is None:
        return None
    half = found.half_width
    return SpeedUp(
        ratio=math.exp(found.mean),
        low=math.exp(found.mean - half) if half is not None else None,
        high=math.exp(found.mean + half) if half is not None else None,
        n=found.n,
        is_normalised=is_normalised,
    )


def _ratio_of_means(point: Point, base: Point) -> SpeedUp | None:
    if point.throughput is None or base.throughput is None or base.throughput.mean <= 0:
        return None
    return SpeedUp(
        ratio=point.throughput.mean / base.throughput.mean, low=None, high=None, n=0, is_normalised=False
    )


def speed_up_text(found: SpeedUp | None) -> str:
    """Return a speed-up with the ends of its 95 % interval: `4.11 (4.05 to 4.17)` and a multiplication sign."""
    if found is None:
        return NOTHING
    if found.low is None or found.high is None:
        return times(found.ratio)
    return f"{times(found.ratio)} ({found.low:.2f} to {found.high:.2f})"


def counts(run: Run) -> tuple[int, int]:
    """Return (valid, all) measurements."""
    every = [m for point in run.points for m in point.measurements]
    return sum(m.is_valid for m in every), len(every)


def verdict(run: Run) -> str:
    """Return the run's validity in words, with a sign that does not depend on colour."""
    valid, total = counts(run)
    if total and run.is_valid:
        repeated = total - valid
        return "✓ VALID" + (f"; {repeated} of {total} measurements had to be repeated" if repeated else "")
    return (
        f"✗ INVALID: {total - valid} of {total} measurements failed a gate"
        if total
        else "✗ INVALID: nothing measured"
    )


def shape(point: Point) -> str:
    """Return a point's web tier in two words: `3 web`."""
    return f"{option(point, 'replicas', '?')} web"


def p95_ms(point: Point) -> float | None:
    """Return the p95 of a point's valid measurements; of all of them when none is valid."""
    if point.p95 is not None:
        return point.p95.mean
    chosen = point.valid or list(point.measurements)
    return mean([m.latency.p95_ms for m in chosen]) if chosen else None


def scenario_name(run: Run) -> str:
    """Return the scenario's short name."""
    return str(run.scenario.get("name") or "scenario")


def scenario_title(run: Run) -> str:
    """Return the scenario's title, or its name."""
    return str(run.scenario.get("title") or scenario_name(run))


def what_varied(run: Run) -> str:
    """Return the line under the title: `web replicas: 1, 2, 4`, or the single point's shape."""
    if run.kind == "bench" or not run.factor:
        stage = option(run.points[0], "stage", "") if run.points else ""
        return " · ".join(
            part
            for part in (f"stage {stage}" if stage else "", shape(run.points[0]) if run.points else "")
            if part
        )
    return f"{factor_words(run)}: {', '.join(point.label for point in run.points)}"


def where(run: Run, point: Point) -> str:
    """Return a point's place in words: `8 web replicas`, `stage cached`."""
    words = factor_words(run)
    if number_of(point.label) is None:
        return f"{words} {point.label}"
    if "," in words:
        return f"{words} = {point.label}"
    return f"{point.label} {words if point.label != '1' else words.removesuffix('s')}"
