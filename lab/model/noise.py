"""This machine's noise floor: how far apart equal measurements are, from A/A runs. Pure.

An A/A run measures the same configuration in pairs, as if it were two. The logarithm of a pair's ratio should be 0;
what it is instead is noise. With its spread s over K pairs, two results of n windows each can be told apart from

    floor = exp(t(.975, K) x s / sqrt(n)) - 1,     s = sqrt(sum of squared log-ratios / K)

on. The squares are taken around 0, which is known, so that nothing is estimated but s and the degrees are K.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.model.measurement import Measurement
from lab.model.run import Point, Run
from lab.model.stats import t_975

KIND: Final = "aa"
MIN_PAIRS: Final = 3
_LEFT_OUT: Final = {"stage", "port", "subnet", "app"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The smallest difference that counts, as a ratio minus 1: .02 = equal results of n windows differ by up to 2 %.

    Attributes:
        pairs: A/A pairs that it rests on.
        runs: ids of the A/A runs.
        is_same_topology: whether they measured this topology; else others of the same scenario.
    """

    ratio: float
    n: int
    pairs: int
    runs: Sequence[str]
    is_same_topology: bool


def pair_logs(measurements: Sequence[Measurement]) -> list[float]:
    """Return ln(second / first) of each pair of valid windows; the block numbers the pair.

    Speed-normalised if all of them are by the same tier, else raw.
    """
    pairs: dict[int, list[Measurement]] = {}
    for m in measurements:
        if m.is_valid:
            pairs.setdefault(m.block, []).append(m)
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    tiers = {m.normalised_by if m.normalised_rps else "" for pair in whole for m in pair}
    is_normalised = len(tiers) == 1 and "" not in tiers
    return [
        math.log(b / a)
        for first, second in whole
        if (a := _figure(first, is_normalised)) > 0 and (b := _figure(second, is_normalised)) > 0
    ]


def _figure(m: Measurement, is_normalised: bool) -> float:
    return (m.normalised_rps or 0.0) if is_normalised else m.throughput_rps


def spread_of(logs: Sequence[float]) -> float:
    """Return the root mean square of log-ratios whose true mean is 0."""
    return math.sqrt(sum(value * value for value in logs) / len(logs))


def floor_of(logs: Sequence[float], n: int) -> float | None:
    """Return the noise floor for results of n windows each, as a ratio minus 1; None below three pairs."""
    if len(logs) < MIN_PAIRS:
        return None
    return math.expm1(t_975(len(logs)) * spread_of(logs) / math.sqrt(max(1, n)))


def floor(runs: Sequence[Run], scenario: str, topology: Mapping[str, Any], n: int) -> Floor | None:
    """Return the noise floor for results of n windows of a scenario; None without an A/A run that serves.

    Args:
        runs: kept runs of this machine, of any kind and scenario.
        topology: a point's options; A/A runs of the same ones are taken before others.
        n: windows of each result; of two different numbers the smaller.
    """
    found = [
        (r, r.points[0]) for r in runs if r.kind == KIND and r.points and r.scenario.get("name") == scenario
    ]
    same = [(r, p) for r, p in found if _shape(p) == _shape_of(topology)]
    chosen = same or found
    logs = [log for _, point in chosen for log in pair_logs(point.measurements)]
    ratio = floor_of(logs, n)
    if ratio is None:
        return None
    return Floor(
        ratio=ratio,
        n=n,
        pairs=len(logs),
        runs=[run.id for run, _ in chosen],
        is_same_topology=bool(same),
    )


def _shape(point: Point) -> dict[str, Any]:
    return _shape_of(point.topology)


def _shape_of(topology: Mapping[str, Any]) -> dict[str, Any]:
    words = {str(key).replace("_", "-"): value for key, value in topology.items()}
    return {key: value for key, value in words.items() if key not in _LEFT_OUT}
