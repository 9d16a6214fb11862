"""Ranges, and the order in which a sweep visits its points. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lab.errors import BadInput
from lab.model.lost import MAX_REPEATS
from lab.model.stages import LADDER
from lab.model.topology_values import CHOICES

MAX_POINTS: Final = 64
_SPAN: Final = re.compile(r"(\d+)\.\.(\d+)(?::(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One measurement to make: a point of the sweep in one block; `attempt` counts from 1."""

    block: int
    value: Any
    attempt: int = 1


def is_range(word: str) -> bool:
    """Say whether an option's word names several values."""
    return ".." in word or "," in word


def expand(key: str, word: str) -> list[Any]:
    """Return the values of `1..8`, `1..64:8` (steps of 8 from 1), `1,2,4` or `single..full`.

    Raises:
        BadInput: not a range, an empty one, a repeated value, or more than 64 points.
    """
    flag = "--" + key.replace("_", "-")
    if key in CHOICES:
        values: list[Any] = _expand_choice(key, flag, word)
    elif match := _SPAN.fullmatch(word):
        low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
        if low > high or step < 1 or (high - low) // step >= MAX_POINTS:
            raise BadInput(
                f"{flag}: a range goes up, in steps of 1 or more, at most {MAX_POINTS} points; got {word!r}"
            )
        values = list(range(low, high + 1, step))
    else:
        values = [_number(flag, part) for part in word.split(",")]
    if len(set(values)) != len(values):
        raise BadInput(f"{flag}: a value is given twice: {word!r}")
    return values


def _number(flag: str, part: str) -> int | float:
    try:
        return int(part)
    except ValueError:
        pass
    try:
        return float(part)
    except ValueError:
        raise BadInput(f"{flag}: must look like 1..8, 1..64:8 or 1,2,4; got {part!r}") from None


def _expand_choice(key: str, flag: str, word: str) -> list[str]:
    if ".." not in word:
        return word.split(",")
    first, _, last = word.partition("..")
    ladder = list(LADDER) if key == "stage" else list(CHOICES[key])
    last = "replicated" if key == "stage" and last == "full" else last
    if first not in ladder or last not in ladder or ladder.index(first) > ladder.index(last):
        raise BadInput(
            f"{flag}: must look like {ladder[0]}..{ladder[-1]}, in this order: {', '.join(ladder)}; got {word!r}"
        )
    return ladder[ladder.index(first) : ladder.index(last) + 1]


def grid(first: Sequence[Any], second: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the complete grid of two factors, the first one running fastest: one line of points after the other.

    Raises:
        BadInput: more than 64 points.
    """
    if len(first) * len(second) > MAX_POINTS:
        raise BadInput(
            f"a sweep has at most {MAX_POINTS} points; {len(first)} x {len(second)} values are"
            f" {len(first) * len(second)}"
        )
    return [(a, b) for b in second for a in first]


def label_of(value: Any, second_factor: str = "") -> str:  # noqa: ANN401 - a value of any option
    """Return a point's label: `4`, or `4 · cache off` where two factors vary."""
    if not second_factor:
        return str(value)
    first, second = value
    return f"{first} · {second_factor.replace('_', ' ')} {second}"


def setting_of(value: Any, factor: str, second_factor: str = "") -> dict[str, Any]:  # noqa: ANN401
    """Return the options that make a point: `{"replicas": 4, "cache": "off"}`."""
    return {factor: value[0], second_factor: value[1]} if second_factor else {factor: value}


def visits(values: Sequence[Any], blocks: int, seed: int) -> list[Visit]:
    """Return randomised complete blocks: each block holds every value once, in an order that the seed fixes.

    Source: Abedi & Brecht, ICPE 2017: interleaved, randomised trials keep drift from looking like an effect.
    """
    chance = random.Random(seed)  # noqa: S311 - an experiment's order, not a secret
    order = []
    for block in range(1, blocks + 1):
        shuffled = list(values)
        chance.shuffle(shuffled)
        order += [Visit(block=block, value=value) for value in shuffled]
    return order


def with_repeat(pending: Sequence[Visit], visit: Visit) -> list[Visit] | None:
    """Return what is left to do with a visit repeated at the end of its block; None when it was repeated enough.

    Args:
        pending: the visits after this one, in their order.
    """
    if visit.attempt > MAX_REPEATS:
        return None
    position = sum(1 for other in pending if other.block == visit.block)
    repeat = replace(visit, attempt=visit.attempt + 1)
    return [*pending[:position], repeat, *pending[position:]]
