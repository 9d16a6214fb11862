"""Templates are strict."""

from __future__ import annotations

import pytest

from lab.tiers.template import fill


def test_fill() -> None:
    assert fill("a @@{name} $x ${Y} ipv4@z", {"name": "b"}) == "a b $x ${Y} ipv4@z"


def test_a_missing_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("@@{nope}", {})


def test_a_malformed_placeholder_is_an_error() -> None:
    with pytest.raises(ValueError, match="Invalid placeholder"):
        fill("@@nope", {})
