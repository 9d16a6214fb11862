"""When the actions of an open load start: a Poisson process, the same for the same seed."""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.arrivals import LATE_MS, Arrivals, Starts, merged
from probe.share import Share


def gaps(rate_rps: float, count: int, seed: int = 1) -> list[float]:
    arrivals = Arrivals(rate_rps, seed)
    times = [0.0, *(arrivals.next_s() for _ in range(count))]
    return [after - before for before, after in itertools.pairwise(times)]


def test_the_gaps_are_exponential() -> None:
    found = gaps(200, 20_000)
    # mean and standard deviation of an exponential are both 1 / rate; the standard error of the mean is 0.7 % here
    assert statistics.fmean(found) == pytest.approx(1 / 200, rel=0.03)
    assert statistics.stdev(found) == pytest.approx(1 / 200, rel=0.04)
    longer_than_mean = sum(gap > 1 / 200 for gap in found) / len(found)
    assert longer_than_mean == pytest.approx(0.3679, abs=0.015)  # exp(-1)


def test_the_seed_fixes_them() -> None:
    assert gaps(50, 100, seed=7) == gaps(50, 100, seed=7)
    assert gaps(50, 100, seed=7) != gaps(50, 100, seed=8)


def shared(rate_rps: float, until_s: float, processes: int) -> list[float]:
    times = []
    for number in range(processes):
        arrivals = Arrivals(rate_rps, 1, Share(number=number, count=processes))
        times += itertools.takewhile(lambda due_s: due_s < until_s, iter(arrivals.next_s, None))
    return sorted(times)


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_several_processes_start_what_one_would_start(processes: int) -> None:
    assert shared(200, 60, processes) == shared(200, 60, 1)


def test_starts_of_several_processes_have_the_rate_and_the_dispersion_of_a_poisson_process() -> None:
    counts = [0] * 1000
    for due_s in shared(50, 1000, 3):
        counts[int(due_s)] += 1
    # standard errors over 1000 seconds: 0.45 % of the mean, 4.5 % of the ratio variance / mean, which is 1
    assert statistics.fmean(counts) == pytest.approx(50, rel=0.02)
    assert statistics.variance(counts) / statistics.fmean(counts) == pytest.approx(1, abs=0.18)


def test_starts_of_several_processes_add_up() -> None:
    one, other = Starts(late_ms=[1.0, 9.0], dropped=1), Starts(late_ms=[2.0, 7.0, 6.0])
    assert merged([one.document(), other.document()]) == {
        "planned": 6, "late": 3, "dropped": 1, "late_p99_ms": 9.0,
    }  # fmt: skip


@given(st.lists(st.floats(0, 1000), max_size=300), st.integers(0, 50))
def test_every_start_that_was_due_is_counted_once(late_ms: list[float], dropped: int) -> None:
    said = Starts(late_ms=list(late_ms), dropped=dropped).document()
    assert said["planned"] == len(late_ms) + dropped
    assert said["late"] == len([value for value in late_ms if value > LATE_MS])
    assert said["dropped"] == dropped
    assert said["late_p99_ms"] <= max(late_ms, default=0.0)
