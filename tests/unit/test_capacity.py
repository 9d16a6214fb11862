"""The search for the highest rate: on services whose limit is known, quiet and noisy."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.model.capacity import (
    CONFIRM_RUNS,
    MAX_TRIALS,
    PRECISION_RATIO,
    Trial,
    answer,
    fewest,
    majorities,
    next_replicas,
    next_trial,
)


def search(limit_rps: float, start_rps: float, noise: float = 0.0, seed: int = 1) -> list[Trial]:
    """Run a whole search against a service that holds below a limit, give or take some noise."""
    chance, trials = random.Random(seed), []
    while (step := next_trial(trials, start_rps)) is not None:
        holds = step.rate_rps < limit_rps * (1 + chance.gauss(0, noise) if noise else 1)
        trials.append(Trial(rate_rps=step.rate_rps, holds=holds))
    return trials


@settings(max_examples=200)
@given(limit_rps=st.floats(2, 5000), factor=st.floats(0.05, 3))
def test_a_quiet_service_is_found_within_the_precision(limit_rps: float, factor: float) -> None:
    trials = search(limit_rps, limit_rps * factor)
    found = answer(trials)
    assert found.holds_rps is not None
    assert found.fails_rps is not None
    assert found.holds_rps < limit_rps <= found.fails_rps
    assert found.fails_rps / found.holds_rps <= 1 + PRECISION_RATIO
    assert found.is_confirmed
    assert found.holds_runs == found.fails_runs == (CONFIRM_RUNS, CONFIRM_RUNS)


def test_the_search_is_short_from_half_of_the_limit() -> None:
    trials = search(100, 50)
    assert [t.rate_rps for t in trials[:3]] == [50, 75, 112]
    assert len(trials) <= 13


@pytest.mark.parametrize("seed", range(30))
def test_noise_moves_the_answer_and_never_hangs(seed: int) -> None:
    trials = search(100, 50, noise=0.02, seed=seed)
    found = answer(trials)
    assert len(trials) <= MAX_TRIALS
    assert found.holds_rps == pytest.approx(100, rel=0.07)


def test_a_service_that_holds_nothing_ends_the_search() -> None:
    trials = search(0.0, 50)
    assert answer(trials).holds_rps is None
    assert min(t.rate_rps for t in trials) >= 0.5


def test_a_confirmation_that_fails_moves_the_answer_down() -> None:
    trials = [Trial(rate_rps=r, holds=h) for r, h in [(50, True), (100, True), (102, False)]]
    assert answer(trials).holds_rps == 100
    shaky = [*trials, Trial(rate_rps=100, holds=False)]
    assert answer(shaky).holds_rps == 50  # one for, one against: not held
    step = next_trial(shaky, 50)
    assert step is not None
    assert 50 < step.rate_rps < 100


def test_the_fewest_replicas_from_which_on_it_is_held() -> None:
    assert fewest([(1, False), (2, False), (3, True), (4, True)]) == 3
    assert fewest([(4, True), (2, True), (1, False), (3, False)]) == 4  # 2 was luck: 3 did not hold
    assert fewest([(1, False), (2, False)]) is None
    assert fewest([(1, True)]) == 1


@given(needed=st.integers(1, 12), highest=st.integers(1, 10))
def test_the_fewest_replicas_are_found_by_bisection_and_confirmed(needed: int, highest: int) -> None:
    trials: list[tuple[int, bool]] = []
    while (replicas := next_replicas(trials, range(1, highest + 1))) is not None:
        trials.append((replicas, replicas >= needed))
        assert len(trials) <= 2 * CONFIRM_RUNS + 3
    expected = needed if needed <= highest else None
    assert fewest(majorities(trials)) == expected
    decisive = [n for n in (needed - 1, needed) if 1 <= n <= highest]
    assert all(sum(n == replicas for replicas, _ in trials) == CONFIRM_RUNS for n in decisive)
