"""A set of transaction ids, as MySQL prints it, is a count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.gtid import transactions

A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("\n", 0),
        (f"{A}:1", 1),
        (f"{A}:1-523", 523),
        (f"{A}:1-3:11:47-49", 7),
        (f"{A}:1-3,\\n{B}:1-2", 5),
        (f"{A}:1-3,\n{B}:1-2", 5),
        (f"{A}:1-3:backup:1-2", 5),
        ("ERROR 1045", None),
        (A, None),
        (f"{A}:1-", None),
    ],
)
def test_count(text: str, count: int | None) -> None:
    assert transactions(text) == count


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    found = transactions(text)
    assert found is None or isinstance(found, int)
