"""MSER-5 as published, and what of it makes a window INVALID."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.measurement import Second
from lab.model.steady import MIN_SECONDS, batch_of, cut_of, judge_steady, mser

# A series whose best cut is known by hand: batches of 5 have the means 0, 8, 10, 10, 10, 10, 10, 10, 10, 10.
STEP = [0.0] * 5 + [8.0] * 5 + [10.0] * 40


def noisy(chance: random.Random, seconds: int, spread: float, memory: float) -> list[float]:
    """Return a first-order autoregressive series with mean 1."""
    value, found = chance.gauss(0, spread), []
    for _ in range(seconds):
        found.append(1 + value)
        value = memory * value + chance.gauss(0, spread * math.sqrt(1 - memory**2))
    return found


def window(throughput: list[float], latency: list[float]) -> list[Second]:
    """Return the seconds of a window."""
    pairs = zip(throughput, latency, strict=True)
    return [
        Second(t_s=i, phase="measure", throughput_rps=70 * x, failures=0, mean_ms=900 * r, p95_ms=0)
        for i, (x, r) in enumerate(pairs)
    ]


def test_the_rule_by_hand() -> None:
    assert mser(STEP) == (2, 0.0)
    # d = 1: nine batches with mean 88/9; squares sum to (8 - 88/9)^2 + 8 (10 - 88/9)^2 = 32/9; over 81.
    assert mser(STEP[5:], 5) == (1, 0.0)
    assert mser([0.0] * 5 + STEP[5:10] + [10.0] * 10)[1] == 0.0


def test_the_statistic_is_over_the_square_of_what_is_left() -> None:
    """d = 0 of the means 1, 2, 3, 2: squares 1 + 0 + 1 + 0 = 2, over 16; d = 1: 2/3 over 9; d = 2: 1/2 over 4."""
    series = [value for value in (1.0, 2.0, 3.0, 2.0) for _ in range(5)]
    cut, statistic = mser(series)
    assert cut == 1
    assert statistic == pytest.approx(2 / 27)


@pytest.mark.parametrize(("seconds", "batch"), [(12, 1), (20, 2), (30, 3), (49, 4), (50, 5), (600, 5)])
def test_short_windows_have_smaller_batches(seconds: int, batch: int) -> None:
    assert batch_of(seconds) == batch


def test_a_cut_at_the_half_is_none() -> None:
    cut = cut_of([float(i) for i in range(60)])
    assert cut.start_s is None
    assert cut_of(STEP).start_s == 10


def test_steady_series_are_seldom_called_unsteady() -> None:
    chance = random.Random(1)
    false = [
        judge_steady(
            window(noisy(chance, 20, 0.10, 0.3), noisy(chance, 20, 0.07, 0.75)),
            [0.8 * hit for hit in noisy(chance, 20, 0.03, 0.2)],
        ).problem
        for _ in range(1000)
    ]
    assert sum(map(bool, false)) <= 10


def test_a_ramp_over_the_first_half_is_found() -> None:
    chance = random.Random(2)
    ramp = [0.5 + 0.5 * min(1.0, (i + 0.5) / 10) for i in range(20)]
    found = 0
    for _ in range(300):
        throughput = [a * b for a, b in zip(noisy(chance, 20, 0.10, 0.3), ramp, strict=True)]
        latency = [a / b for a, b in zip(noisy(chance, 20, 0.07, 0.75), ramp, strict=True)]
        found += bool(judge_steady(window(throughput, latency), []).problem)
    assert found >= 295


def test_a_filling_cache_is_found_and_named() -> None:
    hits = [0.2 + 0.6 * min(1.0, i / 10) for i in range(20)]
    judged = judge_steady(window([1.0] * 20, [1.0] * 20), hits)
    assert judged.problem.startswith("steady state: the cache's hit ratio was still changing")
    assert "--duration" in judged.problem
    assert "warmup_s" in judged.problem
    assert judged.is_filling


def test_a_ramp_of_throughput_alone_is_no_filling_cache() -> None:
    ramp = [0.5 + 0.5 * min(1.0, i / 10) for i in range(20)]
    judged = judge_steady(window(ramp, [1.0] * 20), [0.8] * 20)
    assert judged.problem
    assert not judged.is_filling


def test_a_short_window_is_not_judged_and_says_so() -> None:
    judged = judge_steady(window([1.0] * 6, [1.0] * 6), [])
    assert (judged.steady, judged.problem) == (None, "")
    assert f"at least {MIN_SECONDS}" in judged.warning


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=MIN_SECONDS, max_size=200))
def test_any_series_is_judged(values: list[float]) -> None:
    cut = cut_of(values)
    assert cut.start_s is None or 0 <= cut.start_s < len(values) / 2
    judged = judge_steady(window(values, values), values)
    assert isinstance(judged.problem, str)
