"""The journal of an unfinished sweep: what is read back, what is torn, what is foreign."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.journal import (
    Done,
    done_line,
    gaps_s,
    machine_changes,
    parse_journal,
    plan_differences,
    plan_line,
    session_line,
    split_blocks,
)
from lab.model.topology import resolve
from tests.unit.run_samples import sample_measurement

PLAN = {"scenario": "read-heavy", "replicas": "1,2", "blocks": 2, "precision": None}
FIXED: dict[str, Any] = {"lab": "x", "command": "lab sweep read-heavy --replicas 1,2"}


def done(block: int, label: str, started_s: float = 0.0) -> Done:
    measured = sample_measurement(resolve({}), 70.0, block)
    return Done(
        block=block, label=label, measurement=replace(measured, started_at_s=started_s), ready={"cpu": {}}
    )


VISITS = [done(1, "2", 1000.0), done(1, "1", 1040.0), done(2, "1", 2000.0)]
LINES = [
    plan_line("r", PLAN, FIXED), session_line(1000.0, {"boot": "a", "kernel": "6"}), done_line(VISITS[0], now_s=1030.0),
    session_line(1039.0, {"boot": "a", "kernel": "6"}), done_line(VISITS[1], now_s=1070.0),
    session_line(1999.0, {"boot": "b", "kernel": "6"}), done_line(VISITS[2], now_s=2030.0),
]  # fmt: skip
TEXT = "".join(LINES)


def test_it_is_read_back() -> None:
    found = parse_journal(TEXT, name="j")
    assert (found.run_id, found.plan, found.fixed) == ("r", PLAN, FIXED)
    assert [(d.block, d.label) for d in found.done] == [(1, "2"), (1, "1"), (2, "1")]
    assert found.done[0].measurement.throughput_rps == VISITS[0].measurement.throughput_rps
    assert found.done[0].measurement.series[0] == VISITS[0].measurement.series[0]
    assert found.good_bytes == len(TEXT.encode())
    assert gaps_s(found.sessions) == [9.0, 929.0]
    assert split_blocks(found.sessions, found.done) == [1]
    assert machine_changes(found.sessions) == ["boot: a → b"]


@given(st.integers(len(LINES[0]), len(TEXT)))
def test_a_torn_last_line_is_left_out(length: int) -> None:
    found = parse_journal(TEXT[:length], name="j")
    whole = TEXT[:length].rpartition("\n")[0] + "\n"
    assert found.good_bytes == len(whole.encode())
    assert len(found.done) == whole.count('{"done":')
    assert parse_journal(whole + LINES[-1], name="j").done[-1].label == "1"  # what is written after it is cut


@given(st.integers(0, len(LINES[0]) - 1))
def test_without_its_first_line_it_is_no_journal(length: int) -> None:
    with pytest.raises(BadInput, match="no complete line"):
        parse_journal(TEXT[:length], name="j")


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    with pytest.raises(BadInput):
        parse_journal(text + "\n", name="j")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema":"lab.run/1"}\n', "this lab reads lab.journal/1; got 'lab.run/1'"),
        ("[]\n", "line 1: not an object"),
        ('{"schema":"lab.journal/1","id":1}\n', "needs id, plan and fixed"),
        (LINES[0] + "junk\n" + LINES[2], "line 2: not JSON"),
        (LINES[0] + "{}\n", "line 2: neither a session nor a visit"),
        (LINES[0] + '{"done":{"block":"one"}}\n', "j: line 2: block: must be a whole number"),
        (LINES[0] + '{"session":3}\n', "j: line 2: "),
    ],
)  # fmt: skip
def test_a_foreign_file_is_named(text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_journal(text, name="j")
    assert words in caught.value.message


def test_every_difference_is_named() -> None:
    assert plan_differences({**PLAN, "replicas": "1,2"}, PLAN) == []
    other = {**PLAN, "replicas": "1,4", "precision": 0.03, "db_replicas": 1}
    assert plan_differences(other, PLAN) == [
        "--replicas: the unfinished sweep has 1,2; got 1,4",
        "--precision: the unfinished sweep has none; got 0.03",
        "--db-replicas: the unfinished sweep has none; got 1",
    ]
