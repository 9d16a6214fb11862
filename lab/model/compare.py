"""Two results side by side: what differs, by how much, and whether it may be called a cause. Pure.

A cause needs four things: one factor changed and nothing else, every gate passed, the interval excludes 1, and the
effect is larger than what equal measurements differ by on this machine (its noise floor, from A/A runs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.errors import BadInput
from lab.model.causal import judge
from lab.model.differences import Difference, Pair, differences, is_same_machine, options, same_groups
from lab.model.noise import floor
from lab.model.ratio import Ratio, ratio_of
from lab.model.run import Point, Run

Noise = Callable[[Point, Point], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: a run, and which of its points are compared."""

    run: Run
    points: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One point of each side.

    Attributes:
        ratio: B / A; None when one of them has nothing valid.
        kind: `same`, `cause`, `not-shown`, `withheld`, `not-comparable`.
        sentence: what may be said about it.
        noise_ratio: this machine's noise floor, .02 = equal results differ by up to 2 %; None = not known.
    """

    label: str
    a: Point
    b: Point
    ratio: Ratio | None
    kind: str
    sentence: str
    noise_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that `lab compare` shows.

    Attributes:
        same: groups in which nothing differs.
        blockers: why no sentence may name a cause; empty = comparable.
        alone: labels of points that only one side has.
    """

    a: Side
    b: Side
    differences: Sequence[Difference]
    same: Sequence[str]
    compared: Sequence[Compared]
    blockers: Sequence[str]
    alone: Sequence[str]

    @property
    def factors(self) -> list[Difference]:
        """Return the differences that may be a cause."""
        return [difference for difference in self.differences if difference.is_factor]


def side(run: Run, label: str, *, name: str) -> Side:
    """Return a run with all its points, or with the one of this label.

    Raises:
        BadInput: no such point.
    """
    if not label:
        return Side(run=run, points=tuple(run.points))
    found = [point for point in run.points if point.label == label]
    if not found:
        known = ", ".join(point.label for point in run.points) or "none"
        raise BadInput(f"{name}: run {run.id} has no point {label!r}; its points: {known}")
    return Side(run=run, points=tuple(found[:1]))


def noise_from(kept: Sequence[Run], like: Run) -> Noise:
    """Return what tells the noise floor between two points, by the A/A runs of the machine of the run `like`.

    Both topologies may have A/A runs of their own; the larger floor counts.
    """
    here = [run for run in kept if is_same_machine(run, like)]
    scenario = str(like.scenario.get("name", ""))

    def between(mine: Point, theirs: Point) -> float | None:
        n = min(len(mine.valid), len(theirs.valid))
        found = [floor(here, scenario, point.topology, n) for point in (mine, theirs)]
        return max((each.ratio for each in found if each is not None), default=None)

    return between


def compare(a: Side, b: Side, *, noise: Noise) -> Comparison:
    """Return the comparison of B against A.

    Args:
        noise: tells the noise floor between two points; `noise_from` makes one.

    Raises:
        BadInput: both are the same.
    """
    if a.run.id == b.run.id and {p.label for p in a.points} & {p.label for p in b.points}:
        labels = [point.label for point in a.run.points]
        hint = f"two points of it: lab compare {a.run.id}:{labels[0]} {a.run.id}:{labels[-1]}" if len(labels) > 1 else "lab runs"  # fmt: skip
        raise BadInput(f"A and B are the same run: {a.run.id}", hint=hint)
    pairs = pair_up(a, b)
    found = differences(a.run, b.run, pairs)
    blockers = _blockers(a, b, pairs, found)
    factors = [difference for difference in found if difference.is_factor]
    compared = [_compared(a, b, pair, factors, blockers, noise, len(pairs)) for pair in pairs]
    paired = {id(point) for pair in pairs for point in pair}
    alone = [f"{name} {p.label}" for name, s in (("A", a), ("B", b)) for p in s.points if id(p) not in paired]
    return Comparison(
        a=a, b=b, differences=found, same=same_groups(a.run, b.run, found), compared=compared, blockers=blockers, alone=alone,
    )  # fmt: skip


def pair_up(a: Side, b: Side) -> list[Pair]:
    """Return the points that belong together: the only ones, else those of the same setting, else of the same topology."""
    if len(a.points) == len(b.points) == 1:
        return [(a.points[0], b.points[0])]
    by_setting = _matched(a, b, lambda point: repr(sorted(point.setting.items(), key=str)) or point.label)
    return by_setting or _matched(a, b, _identity)


def _identity(point: Point) -> str:
    left_out = {"stage", "subnet", "port"}
    shape = {key: value for key, value in options(point).items() if key not in left_out}
    return repr(sorted({**shape, "users": point.setting.get("users")}.items(), key=str))


def _matched(a: Side, b: Side, key_of: object) -> list[Pair]:
    assert callable(key_of)  # noqa: S101 - narrows the type
    theirs = {key_of(point): point for point in reversed(b.points)}
    return [(point, theirs[key_of(point)]) for point in a.points if key_of(point) in theirs]


def _blockers(a: Side, b: Side, pairs: Sequence[Pair], found: Sequence[Difference]) -> list[str]:
    if not pairs:
        mine, theirs = (_points_words(s) for s in (a, b))
        return [f"no point in common: A has {mine}, B has {theirs}"]
    blockers = []
    factors = [difference for difference in found if difference.is_factor]
    if len(factors) > 1:
        blockers.append(f"{len(factors)} things changed: " + "; ".join(d.words for d in factors))
    if "open" in {a.run.load.get("model"), b.run.load.get("model")}:
        blockers.append("the load is open: its throughput is what was offered, not what the lab can do")
    for name, points in (("A", [p for p, _ in pairs]), ("B", [p for _, p in pairs])):
        blockers += [f"{name} {text}" for point in points for text in failed_gates(point)]
    return blockers


def _points_words(one: Side) -> str:
    factor = one.run.factor.replace("_", " ") or "point"
    return f"{factor} {', '.join(point.label for point in one.points)}" if one.points else "no points"


def failed_gates(point: Point) -> list[str]:
    """Return each gate that a point's measurements failed, those apart that were repeated."""
    if not point.measurements:
        return [f"{point.label}: nothing measured"]
    return [
        f"{point.label}, block {m.block}: {problem}"
        for m in point.measurements
        if not m.repeated
        for problem in m.problems
    ]


def _compared(
    a: Side,
    b: Side,
    pair: Pair,
    factors: Sequence[Difference],
    blockers: Sequence[str],
    noise: Noise,
    count: int,
) -> Compared:
    mine, theirs = pair
    ratio = ratio_of((a.run, mine), (b.run, theirs))
    label = mine.label if mine.label == theirs.label else f"{mine.label} → {theirs.label}"
    place = f" at {mine.label}" if count > 1 else ""
    known = noise(mine, theirs)
    kind, sentence = judge(ratio, factors, is_blocked=bool(blockers), noise_ratio=known, place=place)
    return Compared(
        label=label, a=mine, b=theirs, ratio=ratio, kind=kind, sentence=sentence, noise_ratio=known
    )
