"""Ranges and the order of visits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.sweep import expand, is_range, visits


@pytest.mark.parametrize(
    ("key", "word", "values"),
    [
        ("replicas", "1..4", [1, 2, 3, 4]),
        ("replicas", "1..64:8", [1, 9, 17, 25, 33, 41, 49, 57]),
        ("replicas", "1,2,4", [1, 2, 4]),
        ("web_cpu", "0.1,0.2", [0.1, 0.2]),
        ("stage", "single..full", ["single", "balanced", "shared", "cached", "replicated"]),
        ("stage", "shared..cached", ["shared", "cached"]),
        ("cache", "off,aside", ["off", "aside"]),
    ],
)
def test_ranges(key: str, word: str, values: list[object]) -> None:
    assert expand(key, word) == values


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("replicas", "4..1"), ("replicas", "1..1000"), ("replicas", "1,1"), ("replicas", "a,b"), ("replicas", "1..4:0"),
        ("stage", "full..single"), ("stage", "single..nope"), ("replicas", ",")
    ],
)  # fmt: skip
def test_wrong_ranges(key: str, word: str) -> None:
    with pytest.raises(BadInput, match=f"--{key}"):
        expand(key, word)


@given(st.text(alphabet="0123456789.,:x", max_size=12))
def test_any_word(word: str) -> None:
    try:
        values = expand("replicas", word)
    except BadInput:
        return
    assert 1 <= len(values) <= 64


def test_is_range() -> None:
    assert is_range("1..2")
    assert is_range("1,2")
    assert not is_range("3")


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32))
def test_blocks_are_complete_and_repeatable(points: int, blocks: int, seed: int) -> None:
    values = list(range(points))
    order = visits(values, blocks, seed)
    assert order == visits(values, blocks, seed)
    for block in range(1, blocks + 1):
        assert sorted(v.value for v in order if v.block == block) == values
    assert [v.block for v in order] == sorted(v.block for v in order)


def test_the_order_is_random() -> None:
    assert len({tuple(v.value for v in visits([1, 2, 3, 4], 1, seed)) for seed in range(50)}) > 10
