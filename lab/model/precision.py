"""How precise a sweep is, how many more blocks it needs, and whether there is time for the next one. Pure.

Precision is the half-width of the 95 % interval of a point's mean, as a share of that mean: of the speed-normalised
throughput where every valid window of the point has one, else of the raw throughput.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lab.errors import BadInput
from lab.model.run import Interval, Point
from lab.model.stats import t_975

PILOT_BLOCKS: Final = 3
MAX_BLOCKS: Final = 15
_ALLOWED: Final = (0.001, 0.5)
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")


def parse_precision(word: str) -> float:
    """Return the share in `3%`, `3 %` or `0.03`.

    Raises:
        BadInput: not a share from 0.1 % to 50 %.
    """
    text = word.strip()
    number = text.removesuffix("%").rstrip()
    value = float(number) if len(number) < 20 and _NUMBER.fullmatch(number) else math.nan
    value = value / 100 if text.endswith("%") else value
    low, high = _ALLOWED
    if not low <= value <= high:
        raise BadInput(
            f"--precision: must be a half-width from {low:.1%} to {high:.0%}, like 3% or 0.03; got {word!r}"
        )
    return value


def precision_of(point: Point) -> Interval | None:
    """Return the interval that a point's precision is judged by; None when nothing is valid."""
    normalised, raw = point.normalised, point.throughput
    return normalised if normalised and raw and normalised.n == raw.n else raw


def half_width_ratio(point: Point) -> float | None:
    """Return half-width / mean; None below two valid windows."""
    found = precision_of(point)
    if found is None or found.half_width is None or found.mean <= 0:
        return None
    return found.half_width / found.mean


def blocks_needed(spread_ratio: float, precision: float) -> int:
    """Return how many blocks bring the half-width t s / sqrt(b) below a precision; one more than 15 when more are needed.

    Args:
        spread_ratio: standard deviation of one window / mean.
    """
    for blocks in range(2, MAX_BLOCKS + 1):
        if t_975(blocks - 1) * spread_ratio / math.sqrt(blocks) <= precision:
            return blocks
    return MAX_BLOCKS + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How precise a sweep is.

    Attributes:
        ratios: half-width / mean by point; None where fewer than two windows are valid.
        wide: the points that are not precise enough, the ones without any valid window included.
        hopeless: the points without any valid window: more blocks would not help them.
        needed: blocks in all that the widest point needs, expected from its spread; 0 when nothing is wide.
    """

    ratios: Mapping[str, float | None]
    wide: Sequence[str]
    hopeless: Sequence[str]
    needed: int

    @property
    def is_enough(self) -> bool:
        """Say whether more blocks would not be worth their time."""
        return set(self.wide) <= set(self.hopeless)

    @property
    def words(self) -> str:
        """Return what was reached, where it is enough."""
        if len(self.hopeless) == len(self.ratios):
            return "no point has a valid window"
        return "precision reached" + (" where anything was valid" if self.hopeless else "")


def reached(points: Sequence[Point], precision: float) -> Reached:
    """Return how precise the points are, against what was asked."""
    ratios = {p.label: half_width_ratio(p) for p in points}
    wide = [label for label, ratio in ratios.items() if ratio is None or ratio > precision]
    hopeless = [p.label for p in points if not p.valid]
    needed = 0
    for point in points:
        found, ratio = precision_of(point), ratios[point.label]
        if found is None or ratio is None or ratio <= precision:
            continue
        spread = ratio * math.sqrt(found.n) / t_975(found.n - 1)
        needed = max(needed, found.n + 1, blocks_needed(spread, precision))
    return Reached(ratios=ratios, wide=wide, hopeless=hopeless, needed=needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many blocks a sweep may make.

    Attributes:
        blocks: exactly so many; with a precision, the pilot.
        precision: half-width / mean to reach; None = the blocks decide.
        max_time_s: no block is begun that would end later, in seconds from the start of the session; None = no limit.
    """

    blocks: int
    precision: float | None = None
    max_time_s: float | None = None

    @property
    def most_blocks(self) -> int:
        """Return the blocks after which it ends in any case."""
        return self.blocks if self.precision is None else max(self.blocks, MAX_BLOCKS)

    @property
    def fewest_blocks(self) -> int:
        """Return the blocks that must fit into the time: the pilot, else one."""
        return 1 if self.precision is None else self.blocks

    def require_time(self, block_s: float) -> None:
        """Check that the time suffices for the least that makes sense.

        Raises:
            BadInput: naming the time that would.
        """
        need_s = self.fewest_blocks * block_s
        if self.max_time_s is None or need_s <= self.max_time_s:
            return
        what = f"the pilot of {self.blocks} blocks" if self.precision is not None else "one block"
        raise BadInput(
            f"--max-time: {self.max_time_s:.0f} s do not hold {what}, which takes about {need_s:.0f} s",
            hint=f"--max-time {math.ceil(need_s / 60)}m; or fewer points, or a shorter --duration",
        )

    def ended(self, done: int, state: Reached | None, *, spent_s: float, block_s: float) -> str:
        """Return why no further block is made, in words; empty when one is.

        Args:
            done: complete blocks.
            state: how precise they are; None before the first.
            block_s: what a block takes.
        """
        if self.precision is not None and done >= self.blocks and state and state.is_enough:
            return state.words
        if done >= self.most_blocks:
            return "all blocks measured" if self.precision is None else f"{done} blocks, the most it makes"
        if self.max_time_s is not None and done > 0 and spent_s + block_s > self.max_time_s:
            return f"no time for another block of about {block_s:.0f} s"
        return ""
