"""Topology files: what they accept, and that no text gives a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.topology_file import parse_topology, typed


def test_keys_are_spelled_like_the_flags() -> None:
    text = 'stage = "cached"\ndb-replicas = 1\nweb-cpu = 0.2\nport = 8090\n'
    assert parse_topology(text, name="t.toml") == {
        "stage": "cached",
        "db_replicas": 1,
        "web_cpu": 0.2,
        "port": 8090,
    }


def test_unknown_keys_all_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        parse_topology("replcas = 1\nfoo = 2\n", name="t.toml")
    assert 't.toml: replcas: unknown key (did you mean "replicas"?)' in caught.value.message
    assert "t.toml: foo" in caught.value.message


def test_not_toml_names_the_file() -> None:
    with pytest.raises(BadInput, match=r"t\.toml: not TOML"):
        parse_topology("replicas: 3", name="t.toml")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_topology(text, name="t.toml")
    except BadInput as error:
        assert error.message.startswith("t.toml: ")


@pytest.mark.parametrize(
    ("key", "word", "value"),
    [
        ("replicas", "3", 3),
        ("web_cpu", "0.2", 0.2),
        ("stage", "full", "full"),
        ("replicas", "x", "x"),
        ("port", "80", 80),
    ],
)
def test_words_become_values(key: str, word: str, value: object) -> None:
    assert typed(key, word) == value
