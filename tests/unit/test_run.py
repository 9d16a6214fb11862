"""Run documents: what is written is read back, and nothing else gets through with a traceback."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.run import SCHEMA, from_document, to_document
from lab.report.text import quote_line
from tests.unit.run_samples import bench, replica_sweep

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = sorted(to_document(replica_sweep()))


@pytest.mark.parametrize("make", [bench, replica_sweep])
def test_round_trip_through_json(make) -> None:
    run = make()
    document = json.loads(json.dumps(to_document(run)))
    assert json.dumps(to_document(from_document(document, name="run.json"))) == json.dumps(to_document(run))


def test_a_run_with_a_page_that_was_never_answered_can_be_read_again() -> None:
    run = bench(repeat=1)
    dead = {"requests": 3, "failures": 3, "mean_ms": None, "p95_ms": None}
    broken = dataclasses.replace(
        run.points[0].measurements[0], by_name={"dead": dead}, problems=("errors: all",)
    )
    kept = dataclasses.replace(run, points=(dataclasses.replace(run.points[0], measurements=(broken,)),))
    text = json.dumps(to_document(kept))
    assert from_document(json.loads(text), name="run.json").points[0].measurements[0].by_name["dead"] == dead


STEAL = {"problems": ("machine: steal",), "spoiled": ("machine: steal",)}
ERRORS = {"problems": ("errors: 4 of 800",)}
BOTH = {"problems": ("machine: steal", "errors: 4 of 800"), "spoiled": ("machine: steal",)}


@pytest.mark.parametrize(
    ("windows", "is_valid"),
    [
        ([{}], True),
        ([STEAL], False),
        ([{**STEAL, "repeated": True}, {}], True),
        ([{}, STEAL], False),  # one of two: no interval
        ([{}, {}, STEAL], True),
        ([{}, {}, STEAL, STEAL, STEAL, {**STEAL, "repeated": True}], True),
        ([{}, {}, {}, {}, ERRORS], False),  # the lab's own reason: not to be left out
        ([{}, {}, {}, BOTH], False),  # a neighbour excuses no error
    ],
)
def test_a_run_stands_on_enough_windows_and_no_failure_of_its_own(
    windows: list[dict], is_valid: bool
) -> None:
    run = bench(repeat=1)
    (point,) = run.points
    (good,) = point.measurements
    made = tuple(dataclasses.replace(good, **change) for change in windows)
    for kept in (
        dataclasses.replace(run, points=(dataclasses.replace(point, measurements=made),)),
        dataclasses.replace(run, points=(point, dataclasses.replace(point, measurements=made))),
    ):
        assert kept.is_valid is is_valid
        assert to_document(kept)["valid"] is is_valid
        left_out = sum(m == STEAL for m in windows)
        words = "VALID" + (f" ({left_out} spoiled, left out)" if left_out else "")
        assert quote_line(kept).endswith(words if is_valid else "INVALID")


def test_another_schema_is_refused() -> None:
    with pytest.raises(BadInput, match="schema") as caught:
        from_document({**to_document(bench()), "schema": "lab.run/99"}, name="run.json")
    assert "lab.run/99" in caught.value.message


@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.sampled_from(KEYS))
def test_any_document_is_read_or_refused(changes: dict, dropped: str) -> None:
    document = {**to_document(replica_sweep()), **changes, "schema": SCHEMA}
    document.pop(dropped)
    _read(document)


@given(JSON)
def test_any_point_is_read_or_refused(point: object) -> None:
    _read({**to_document(replica_sweep()), "points": [point]})


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("blocks",), "three", "blocks: must be a whole number; got 'three'"),
        (("blocks",), True, "blocks: must be a whole number; got True"),
        (
            ("points", 0, "measurements", 1, "latency", "p95_ms"),
            None,
            "points[0].measurements[1].latency.p95_ms: must be a number",
        ),
        (("points", 0, "throughput"), {"mean": 1}, "points[0].throughput.n: missing"),
        (("points", 0, "extra"), 1, "points[0].extra: unknown key"),
        (("points",), 3, "points: must be a list; got 3"),
    ],
)
def test_a_wrong_key_is_named(path: tuple, value: object, words: str) -> None:
    document = json.loads(json.dumps(to_document(replica_sweep())))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(BadInput) as caught:
        from_document(document, name="run.json")
    assert f"run.json: {words}" in caught.value.message


def _read(document: dict) -> None:
    """Read a document; what is accepted can be reported on, what is not is refused by name."""
    try:
        run = from_document(document, name="run.json")
    except BadInput as error:
        assert error.message.startswith("run.json: ")
    else:
        assert to_document(run)
