"""What a sweep says before, while and after it measures."""

from __future__ import annotations

from dataclasses import replace

from lab.cli.sweep_words import block_words, plan_words, result_lines
from lab.model.precision import Reached
from tests.unit.run_samples import replica_sweep
from tests.unit.test_resume import plan

ROWS = [
    {"point": "1", "half_width_ratio": 0.012, "is_precise": True},
    {"point": "2", "half_width_ratio": 0.05, "is_precise": False, "ratio": 1.98, "low": 1.93, "high": 2.04, "pairs": 3},
    {"point": "4", "half_width_ratio": None, "is_precise": False},
]  # fmt: skip


def test_the_plan_names_points_blocks_and_time() -> None:
    words = plan_words(plan())
    assert words == "s over replicas = 1, 2: 4 windows of 10 s in 2 blocks, about 2 min"
    precise = plan_words(plan(precision=0.03, blocks=3, max_time_s=300.0))
    assert "a pilot of 6 windows of 10 s in 3 blocks" in precise
    assert "every half-width is at most 3.0 %, at most 15 blocks" in precise
    assert "in 5 min about 5 of 15 blocks fit" in precise


def test_after_a_block_it_says_how_many_are_expected() -> None:
    state = Reached(ratios={"1": 0.01, "2": 0.05, "4": None}, wide=["2", "4"], hopeless=["4"], needed=6)
    words = block_words(plan(precision=0.03), 3, state)
    assert "after 3 blocks, half-widths 1: 1.0 %, 2: 5.0 %, 4: none yet" in words
    assert "about 6 blocks needed, 3 more" in words
    assert "more than 15 blocks" in block_words(plan(precision=0.03), 3, replace(state, needed=16))
    enough = Reached(ratios={"1": 0.01}, wide=[], hopeless=[], needed=0)
    assert "needed" not in block_words(plan(precision=0.03), 3, enough)


def test_the_end_says_what_was_reached_and_against_what() -> None:
    procedure = {
        "ended": "no time for another block of about 60 s", "precision_ratio": 0.03, "baseline": "1", "precision": ROWS,
        "rejected": {"the machine slept": 2}, "sessions": [{}, {}], "gaps_s": [600.0], "split_blocks": [2],
        "changed_between": ["boot: a → b"],
    }  # fmt: skip
    lines = result_lines(replace(replica_sweep(), procedure=procedure))
    assert lines == [
        "precision 3.0 %: not reached at 2 (5.0 %), 4 (no interval); ended: no time for another block of about 60 s",
        "measured again: 2 x the machine slept",
        "against 1, paired by block: 2: \N{MULTIPLICATION SIGN}1.98 (1.93..2.04)",
        "measured in 2 sessions, with 10 min between them; block 2 lies in two; changed meanwhile: boot: a → b",
    ]


def test_a_plain_sweep_and_an_old_run_say_little() -> None:
    assert result_lines(replace(replica_sweep(), procedure={"ended": "all blocks measured"})) == []
