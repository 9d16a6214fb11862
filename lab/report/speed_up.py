"""Speed-ups: how many times the first point's throughput, with the interval of the ratio within blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lab.model.counting import counting_log
from lab.model.measurement import Measurement
from lab.model.run import Point
from lab.model.stats import interval
from lab.report.axis import is_plottable
from lab.report.numbers import NOTHING, times


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
    found = interval(logs, least_spread=counting_log(point.valid, base.valid))
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
