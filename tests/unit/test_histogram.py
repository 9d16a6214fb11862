"""The histogram that a run keeps, read without the library that wrote it."""

from __future__ import annotations

import base64

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.histogram import PERCENTILES, decode, merged, percentile_ms


def written(values: list[int], *, digits: int = 3, lowest: int = 1) -> tuple[HdrHistogram, str]:
    theirs = HdrHistogram(lowest, 60_000_000, digits)
    for value in values:
        theirs.record_value(value)
    return theirs, theirs.encode().decode()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 59_000_000), min_size=1, max_size=80),
    st.sampled_from([2, 3]),
    st.sampled_from([1, 100]),
)
def test_it_agrees_with_the_library(values: list[int], digits: int, lowest: int) -> None:
    theirs, text = written(values, digits=digits, lowest=lowest)
    ours = decode(text)
    assert ours.total == len(values)
    for percent in PERCENTILES[1:]:
        assert percentile_ms(ours, percent) == theirs.get_value_at_percentile(percent) / 1000


def test_merging_counts_every_request_once() -> None:
    both = merged([decode(written([1000, 2000])[1]), decode(written([2000, 9000])[1])])
    assert both.total == 4
    assert percentile_ms(both, 50) == pytest.approx(2.0, rel=0.001)
    assert percentile_ms(both, 100) == pytest.approx(9.0, rel=0.001)


def test_nothing_recorded() -> None:
    assert percentile_ms(decode(""), 50) is None
    assert decode(written([])[1]).total == 0


GOOD = written([5, 500, 50_000])[1]


@pytest.mark.parametrize(
    "text", ["x", "é", "AAAA", GOOD[:20], GOOD[:-8], base64.b64encode(b"\0" * 60).decode()]
)
def test_anything_else_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match="histogram: not an HdrHistogram"):
        decode(text)


@given(st.binary(max_size=80))
def test_any_bytes_end_well(raw: bytes) -> None:
    for text in (raw.decode("latin-1"), base64.b64encode(raw).decode()):
        try:
            decode(text)
        except BadInput:
            continue
