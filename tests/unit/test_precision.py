"""When a sweep has enough blocks: precision, expected blocks, time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.precision import (
    MAX_BLOCKS,
    Budget,
    blocks_needed,
    half_width_ratio,
    parse_precision,
    reached,
)
from lab.model.run import Interval, Point
from tests.unit.run_samples import HOST_BOUND, replica_sweep


@pytest.mark.parametrize(("word", "share"), [("3%", 0.03), ("3 %", 0.03), ("0.03", 0.03), (" .05", 0.05), ("0.5%", 0.005)])  # fmt: skip
def test_words_of_a_precision(word: str, share: float) -> None:
    assert parse_precision(word) == pytest.approx(share)


@pytest.mark.parametrize(
    "word", ["", "%", "3", "0", "0%", "-3%", "60%", "nan", "inf%", "3%%", "1e-2", "³%", "three"]
)
def test_no_precision(word: str) -> None:
    with pytest.raises(BadInput, match=r"--precision: must be a half-width from 0\.1% to 50%"):
        parse_precision(word)


@given(st.text(max_size=30))
def test_any_word_is_a_share_or_refused(word: str) -> None:
    try:
        assert 0.001 <= parse_precision(word) <= 0.5
    except BadInput:
        return


# Source: docs/measuring.md's table of half-widths t(.975, b-1) s / sqrt(b).
@pytest.mark.parametrize(
    ("spread", "precision", "blocks"),
    [(0.02, 0.0496, 4), (0.02, 0.0251, 5), (0.03, 0.0285, 7), (0.05, 0.028, 15), (0.05, 0.02, MAX_BLOCKS + 1), (0.0, 0.03, 2)],
)  # fmt: skip
def test_blocks_needed(spread: float, precision: float, blocks: int) -> None:
    assert blocks_needed(spread, precision) == blocks


def point(
    label: str, raw: Interval | None, normalised: Interval | None = None, *, valid: bool = True
) -> Point:
    from dataclasses import replace

    whole = replica_sweep(invalid=None).points[0]
    kept = whole.measurements if valid else [replace(m, problems=(HOST_BOUND,)) for m in whole.measurements]
    return replace(whole, label=label, throughput=raw, normalised=normalised, measurements=tuple(kept))


def of(mean: float, half_width: float | None, n: int = 3) -> Interval:
    return Interval(mean=mean, half_width=half_width, n=n)


def test_the_normalised_figure_counts_only_where_every_window_has_one() -> None:
    assert half_width_ratio(point("a", of(100, 10), of(110, 1.1))) == pytest.approx(0.01)
    assert half_width_ratio(point("a", of(100, 10), of(110, 1.1, n=2))) == pytest.approx(0.1)
    assert half_width_ratio(point("a", of(100, None, n=1))) is None
    assert half_width_ratio(point("a", None)) is None


def test_what_is_wide_and_what_no_block_can_help() -> None:
    state = reached(
        [point("1", of(100, 1)), point("2", of(100, 8)), point("4", None, valid=False)], precision=0.03
    )
    assert (state.wide, state.hopeless) == (["2", "4"], ["4"])
    assert not state.is_enough
    assert state.needed > 3
    assert reached([point("1", of(100, 1)), point("4", None, valid=False)], 0.03).is_enough
    assert reached([point("1", of(100, 1))], 0.03).needed == 0


def test_what_was_reached_is_said_as_it_is() -> None:
    good, bad = point("1", of(100, 1)), point("4", None, valid=False)
    assert reached([good], 0.03).words == "precision reached"
    assert reached([good, bad], 0.03).words == "precision reached where anything was valid"
    assert reached([bad], 0.03).words == "no point has a valid window"


def ended(budget: Budget, done: int, half_width: float = 1.0, *, spent_s: float = 0.0) -> str:
    state = reached([point("1", of(100, half_width))], 0.03) if done else None
    return budget.ended(done, state, spent_s=spent_s, block_s=60.0)


def test_blocks_alone_are_exact() -> None:
    assert [bool(ended(Budget(blocks=3), done)) for done in range(4)] == [False, False, False, True]


def test_a_precision_adds_blocks_to_the_pilot() -> None:
    budget = Budget(blocks=3, precision=0.03)
    assert ended(budget, 2) == ""
    assert ended(budget, 3) == "precision reached"
    assert ended(budget, 3, half_width=5.0) == ""
    assert "the most it makes" in ended(budget, MAX_BLOCKS, half_width=5.0)


def test_no_block_is_begun_that_would_end_late() -> None:
    budget = Budget(blocks=9, max_time_s=200.0)
    assert ended(budget, 2, spent_s=130.0) == ""
    assert ended(budget, 2, spent_s=141.0) == "no time for another block of about 60 s"
    assert ended(budget, 0, spent_s=141.0) == ""  # one block is always made: it was checked before


@pytest.mark.parametrize(
    ("budget", "fits"),
    [
        (Budget(blocks=9, max_time_s=60.0), True), (Budget(blocks=9, max_time_s=59.0), False),
        (Budget(blocks=3, precision=0.03, max_time_s=180.0), True), (Budget(blocks=3, precision=0.03, max_time_s=179.0), False),
        (Budget(blocks=9), True),
    ],
)  # fmt: skip
def test_too_little_time_is_refused_with_what_would_do(budget: Budget, fits: bool) -> None:
    if fits:
        budget.require_time(60.0)
        return
    with pytest.raises(BadInput, match="--max-time") as caught:
        budget.require_time(60.0)
    assert f"--max-time {budget.fewest_blocks}m" in caught.value.hint
