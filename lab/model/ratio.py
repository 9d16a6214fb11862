"""The ratio of two throughputs with its 95 % interval: paired by block within one run, Welch's t between two. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.model.counting import counting_log, counting_ratio
from lab.model.measurement import Measurement
from lab.model.run import Point, Run
from lab.model.stats import interval, t_975

# tier of the unit of work -> the environment's key of the reference, its image
_UNITS: Final[Mapping[str, tuple[str, str]]] = {"web": ("reference_work_ms", "web")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """B / A of the successful requests per second.

    Attributes:
        low: lower end of the 95 % interval; None when there are too few measurements.
        n_a: measurements that it rests on; of pairs, when it is paired.
        normalised_by: the tier whose unit of work divides out the machine's speed; empty: as measured.
        why_raw: why it is not speed-normalised; empty when it is.
    """

    ratio: float
    low: float | None
    high: float | None
    n_a: int
    n_b: int
    is_paired: bool
    normalised_by: str
    why_raw: str

    @property
    def excludes_1(self) -> bool:
        """Say whether the interval lies on one side of 1."""
        return self.low is not None and self.high is not None and not self.low <= 1.0 <= self.high


def welch(
    mine: Sequence[float], theirs: Sequence[float], *, least_spreads: tuple[float, float] = (0.0, 0.0)
) -> float | None:
    """Return the half-width of the 95 % interval of the difference of two means; None below two values each.

    Args:
        least_spreads: standard deviation that one value of each has at least, as in `lab.model.stats.interval`.

    Source: Welch, "The generalization of Student's problem when several different population variances are involved",
    Biometrika 1947; the degrees of freedom are rounded down, which is the wider side.
    """
    if min(len(mine), len(theirs)) < 2:
        return None
    parts = []
    for values, least in zip((mine, theirs), least_spreads, strict=True):
        centre = sum(values) / len(values)
        variance = sum((v - centre) ** 2 for v in values) / (len(values) - 1)
        parts.append(max(variance, least * least) / len(values))
    total = sum(parts)
    if total <= 0:
        return 0.0
    spread = sum((part / total) ** 2 / (len(v) - 1) for part, v in zip(parts, (mine, theirs), strict=True))
    return t_975(max(1, math.floor(1 / spread))) * math.sqrt(total)


def tier_of(measurement: Measurement) -> str:
    """Return the tier whose unit of work a measurement is normalised by; older runs knew only web."""
    if measurement.normalised_rps is None:
        return ""
    return measurement.normalised_by or "web"


def _image(run: Run, name: str) -> object:
    images = run.environment.get("images")
    found = images if isinstance(images, Mapping) else {}
    return next((value for key, value in found.items() if _bare(str(key)) == name), None)


def _bare(reference: str) -> str:
    return reference.rpartition("/")[2].partition(":")[0]


def _basis(a: tuple[Run, Point], b: tuple[Run, Point]) -> tuple[str, float, str]:
    """Return (tier of the unit of work, factor of B against A, why not); the tier is empty when it must be raw."""
    tiers = {tier_of(m) for _, point in (a, b) for m in point.valid}
    if "" in tiers or not tiers:
        return "", 1.0, "not both are speed-normalised"
    if len(tiers) > 1:
        return "", 1.0, f"they are speed-normalised by different tiers ({', '.join(sorted(tiers))})"
    tier = tiers.pop()
    if a[0].id == b[0].id or tier not in _UNITS:
        return tier, 1.0, ""
    return _one_reference(a[0], b[0], tier)


def _one_reference(a: Run, b: Run, tier: str) -> tuple[str, float, str]:
    key, image = _UNITS[tier]
    mine, theirs = (_number(run.environment.get(key)) for run in (a, b))
    if mine is not None and mine == theirs:
        return tier, 1.0, ""
    if mine is None or theirs is None:
        return "", 1.0, "the reference of the speed is not recorded in both"
    if _image(a, image) is None or _image(a, image) != _image(b, image):
        return "", 1.0, f"the {tier} images differ, so that their units of work may differ"
    return tier, theirs / mine, ""  # X_norm x reference = X x unit of work: both on one reference


def _number(value: Any) -> float | None:  # noqa: ANN401 - from JSON
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None
    )


def _logs(point: Point, *, normalised: bool, factor: float = 1.0) -> list[tuple[int, float]]:
    found = []
    for m in point.valid:
        value = m.normalised_rps if normalised else m.throughput_rps
        if value is not None and value > 0:
            found.append((m.block, math.log(value * factor)))
    return found


def ratio_of(a: tuple[Run, Point], b: tuple[Run, Point]) -> Ratio | None:
    """Return B / A; None when one of them has no valid measurement.

    Within one run the blocks hold both, so what a block has in common cancels; two runs are two samples.

    Source: Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013 (ratios of means).
    """
    tier, factor, why = _basis(a, b)
    mine = _logs(a[1], normalised=bool(tier))
    theirs = _logs(b[1], normalised=bool(tier), factor=factor)
    if not mine or not theirs:
        return None
    pairs = _pairs(mine, theirs) if a[0].id == b[0].id else []
    if len(pairs) > 1:
        found = interval(pairs, least_spread=counting_log(a[1].valid, b[1].valid))
        centre, half = (found.mean, found.half_width) if found else (0.0, None)
        n_a = n_b = len(pairs)
    else:
        left, right = [v for _, v in mine], [v for _, v in theirs]
        centre, half = (
            sum(right) / len(right) - sum(left) / len(left),
            welch(left, right, least_spreads=(counting_ratio(a[1].valid), counting_ratio(b[1].valid))),
        )
        n_a, n_b = len(left), len(right)
    return Ratio(
        ratio=math.exp(centre),
        low=None if half is None else math.exp(centre - half),
        high=None if half is None else math.exp(centre + half),
        n_a=n_a,
        n_b=n_b,
        is_paired=len(pairs) > 1,
        normalised_by=tier,
        why_raw=why,
    )


def _pairs(mine: Sequence[tuple[int, float]], theirs: Sequence[tuple[int, float]]) -> list[float]:
    by_block = dict(mine)
    return [value - by_block[block] for block, value in theirs if block in by_block]
