"""What varied in a run: the factor in words, each point's place on its axis, lines of a second factor, host-bound points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lab.model.run import Point, Run

_FACTORS: Final = {
    "replicas": "web replicas",
    "stage": "stage",
    "rate": "offered rate, actions a second",
    "share": "CPU share",
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


def place_word(run: Run, point: Point) -> str:
    """Return a point's word on the axis of the first factor: its label, or the factor's value beside a second factor."""
    value = option(point, factor_key(run)) if run.second_factor else None
    return point.label if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def numeric_axis(run: Run) -> dict[str, float] | None:
    """Return each point's place on a numeric axis by label; None when the factor is made of words."""
    places = {point.label: number_of(place_word(run, point)) for point in run.points}
    numbers = {label: value for label, value in places.items() if value is not None}
    return numbers if len(numbers) == len(places) == len(run.points) > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The points of one value of the second factor; the name is empty when there is no second factor."""

    name: str
    points: Sequence[Point]


def lines(run: Run) -> list[Line]:
    """Return what is drawn as one line each: plottable points by the value of the second factor, in order."""
    key = run.second_factor.removeprefix("--").replace("-", "_")
    if not key:
        return [Line(name="", points=plottable(run))]
    found: dict[str, list[Point]] = {}
    for point in plottable(run):
        found.setdefault(str(option(point, key, "?")), []).append(point)
    words = _FACTORS.get(key, key.replace("_", " "))
    return [
        Line(name=f"{words} {value}" if number_of(value) is None else f"{value} {words}", points=points)
        for value, points in found.items()
    ]


def is_host_bound(point: Point) -> bool:
    """Say whether the machine was the limit at a point: by plan, or because that gate failed in every measurement."""
    if point.host_bound:
        return True
    return bool(point.measurements) and all(
        any("host-bound" in problem for problem in m.problems) for m in point.measurements
    )


def host_bound_span(run: Run, axis: Mapping[str, float]) -> tuple[float, float] | None:
    """Return (from, to) on a numeric axis where the machine was the limit; None when it never was, or not at the end."""
    last_free = max((axis[p.label] for p in run.points if not is_host_bound(p)), default=-math.inf)
    bound = [axis[p.label] for p in run.points if is_host_bound(p) and axis[p.label] > last_free]
    if not bound:
        return None
    gaps = [b - a for a, b in pairwise(sorted(set(axis.values())))]
    edge = (
        min(bound) - (min(gaps) if gaps else 1.0) / 2
        if math.isinf(last_free)
        else (last_free + min(bound)) / 2
    )
    return edge, max(axis.values())


def option(point: Point, key: str, default: object = None) -> Any:  # noqa: ANN401 - option values are str, int or float
    """Return an option of a point's topology, whether its keys use hyphens or underscores."""
    for name in (key, key.replace("_", "-")):
        for source in (point.setting, point.topology):
            if name in source:
                return source[name]
    return default


def where(run: Run, point: Point) -> str:
    """Return a point's place in words: `8 web replicas`, `stage cached`."""
    words = factor_words(run)
    if run.second_factor:
        other = run.second_factor.removeprefix("--").replace("-", "_")
        return (
            f"{words} {place_word(run, point)} with {_FACTORS.get(other, other)} {option(point, other, '?')}"
        )
    if number_of(point.label) is None:
        return f"{words} {point.label}"
    if "," in words:
        return f"{words} = {point.label}"
    return f"{point.label} {words if point.label != '1' else words.removesuffix('s')}"
