"""The search for the highest rate that holds an objective: ramp, bisect, confirm. Pure.

Source: Shivam et al., "Cutting Corners", USENIX ATC 2008: a sequence of loads that converges on the peak rate, and
confirmation of what decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

RAMP: Final = 1.5
PRECISION_RATIO: Final = 0.03
CONFIRM_RUNS: Final = 3
MAX_TRIALS: Final = 40
LOWEST_RPS: Final = 0.5
Phase = Literal["ramp", "bisect", "confirm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One window at a rate: actions started per second, and whether the objective was held."""

    rate_rps: float
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The rate to try next, and why."""

    rate_rps: float
    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the trials say so far.

    Attributes:
        holds_rps: the highest rate that holds; None when none did.
        fails_rps: the lowest rate above it that does not; None when none was found.
        holds_runs, fails_runs: (runs that agree, runs in all) at those two rates.
    """

    holds_rps: float | None
    fails_rps: float | None
    holds_runs: tuple[int, int] = (0, 0)
    fails_runs: tuple[int, int] = (0, 0)

    @property
    def is_narrow(self) -> bool:
        """Say whether the two rates are within the precision."""
        if self.holds_rps is None or self.fails_rps is None:
            return False
        return self.fails_rps / self.holds_rps <= 1 + PRECISION_RATIO

    @property
    def is_confirmed(self) -> bool:
        """Say whether both rates were tried often enough."""
        return self.is_narrow and min(self.holds_runs[1], self.fails_runs[1]) >= CONFIRM_RUNS


def answer(trials: Sequence[Trial]) -> Answer:
    """Return the highest rate that holds below the lowest that does not; the majority of a rate's runs decides.

    A rate with as many runs for as against does not hold: an objective that is kept half of the time is not kept.
    """
    counts: dict[float, list[bool]] = {}
    for trial in trials:
        counts.setdefault(trial.rate_rps, []).append(trial.holds)
    verdicts = {rate: sum(runs) * 2 > len(runs) for rate, runs in counts.items()}
    fails = min((rate for rate, holds in verdicts.items() if not holds), default=None)
    below = [rate for rate, holds in verdicts.items() if holds and (fails is None or rate < fails)]
    holds = max(below, default=None)
    return Answer(
        holds_rps=holds,
        fails_rps=fails,
        holds_runs=_agree(counts.get(holds, []), wanted=True) if holds is not None else (0, 0),
        fails_runs=_agree(counts.get(fails, []), wanted=False) if fails is not None else (0, 0),
    )


def _agree(runs: Sequence[bool], *, wanted: bool) -> tuple[int, int]:
    return sum(run is wanted for run in runs), len(runs)


def next_trial(trials: Sequence[Trial], start_rps: float) -> Next | None:
    """Return what to try next; None when the search is over.

    It is over when two neighbouring rates are confirmed, when even the lowest rate does not hold, or after
    `MAX_TRIALS`.
    """
    if len(trials) >= MAX_TRIALS:
        return None
    if not trials:
        return Next(rate_rps=rounded(start_rps), phase="ramp")
    found = answer(trials)
    if found.fails_rps is None:
        return Next(rate_rps=rounded((found.holds_rps or start_rps) * RAMP), phase="ramp")
    if found.holds_rps is None:
        lower = rounded(found.fails_rps / RAMP)
        return Next(rate_rps=lower, phase="ramp") if lower >= LOWEST_RPS else None
    if not found.is_narrow:
        middle = rounded((found.holds_rps * found.fails_rps) ** 0.5)
        if found.holds_rps < middle < found.fails_rps:
            return Next(rate_rps=middle, phase="bisect")
    return _confirm(found)


def _confirm(found: Answer) -> Next | None:
    """Try the less tried of the two rates again, until both have enough runs."""
    pairs = [(found.holds_runs[1], found.holds_rps), (found.fails_runs[1], found.fails_rps)]
    runs, rate = min((runs, rate) for runs, rate in pairs if rate is not None)
    return Next(rate_rps=rate, phase="confirm") if runs < CONFIRM_RUNS else None


def rounded(rate_rps: float) -> float:
    """Return a rate with three digits: what a person can repeat."""
    return float(f"{rate_rps:.3g}")


def majorities(trials: Sequence[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """Return (replicas, whether more than half of its windows held the objective), by replicas."""
    counts: dict[int, list[bool]] = {}
    for replicas, is_held in trials:
        counts.setdefault(replicas, []).append(is_held)
    return [(replicas, sum(runs) * 2 > len(runs)) for replicas, runs in sorted(counts.items())]


def fewest(holds: Sequence[tuple[int, bool]]) -> int | None:
    """Return the fewest replicas from which on the objective is held at a rate; None when it never is.

    Args:
        holds: (replicas, whether they held it), in any order.

    Source: Theodolite's demand metric, Henning and Hasselbring, Empirical Software Engineering 2022.
    """
    found: int | None = None
    for replicas, is_held in sorted(holds, reverse=True):
        if not is_held:
            break
        found = replicas
    return found


def next_replicas(trials: Sequence[tuple[int, bool]], values: Sequence[int]) -> int | None:
    """Return the number of replicas to try next at one rate: bisect, then confirm; None when it is decided.

    Args:
        trials: (replicas, whether the objective was held) of every window so far.
        values: the numbers of replicas that may be tried.
    """
    counts: dict[int, list[bool]] = {}
    for replicas, is_held in trials:
        counts.setdefault(replicas, []).append(is_held)
    holds = {replicas for replicas, is_held in majorities(trials) if is_held}
    ordered = sorted(values)
    low = max(
        (ordered.index(n) for n in counts if n not in holds), default=-1
    )  # what fails, fails below, too
    high = min((ordered.index(n) for n in holds if ordered.index(n) > low), default=len(ordered))
    if high - low > 1:
        return ordered[(low + high) // 2]
    edges = [ordered[i] for i in (low, high) if 0 <= i < len(ordered)]
    least = min(edges, key=lambda n: len(counts.get(n, ())))
    return least if len(counts.get(least, ())) < CONFIRM_RUNS else None
