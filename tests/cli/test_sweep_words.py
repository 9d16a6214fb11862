"""`lab sweep` and `lab bench --aa/--cold`: what their words may be. No engine is asked before they are right."""

from __future__ import annotations

import pytest

from lab.cli.sweep_points import sweep_values
from lab.errors import BadInput
from tests.docker_lab import lab


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sweep", "--replicas", "1,2", "--precision", "3x"), "--precision: must be a half-width"),
        (("sweep", "--replicas", "1,2", "--precision", "90%"), "got '90%'"),
        (("sweep", "--replicas", "1,2", "--precision", "3%", "--blocks", "1"), "--blocks: must be a whole number from 2 to 50"),
        (("sweep", "--replicas", "1,2", "--blocks", "0"), "--blocks: must be a whole number from 1 to 50"),
        (("sweep", "--replicas", "1,2", "--max-time", "soon"), "--max-time: must be a time"),
        (("sweep", "--replicas", "1,2", "--max-time", "5s"), "--max-time: must be a time"),
        (("sweep", "--replicas", "3"), "a sweep varies one option or two; no option has several values"),
        (("sweep", "--replicas", "1,2", "--cache", "off,aside", "--users", "4,8"), "several do: replicas, cache, users"),
        (("sweep", "--replicas", "1..16", "--users", "1..16"), "at most 64 points; 16 x 16 values are 256"),
        (("bench", "--aa", "--cold"), "--aa and --cold"),
        (("bench", "--aa", "--repeat", "2"), "--repeat: must be a whole number from 3 to 100"),
    ],
)  # fmt: skip
def test_bad_words_are_2_and_named(words: tuple[str, ...], said: str) -> None:
    command, *rest = words
    done = lab(command, "read-heavy", *rest, check=False)
    assert done.returncode == 2, done.stderr
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("options", "users", "factors", "count"),
    [
        ({"replicas": "1,2,4"}, None, ("replicas", ""), 3),
        (
            {"cache": "off,aside", "replicas": "1,2,4"},
            None,
            ("replicas", "cache"),
            6,
        ),  # numbers make the axis
        ({"replicas": "1..3", "db_replicas": "0..2"}, None, ("replicas", "db_replicas"), 9),
        ({"stage": "single..full"}, "4,8", ("users", "stage"), 10),
        ({"replicas": "1,2", "cache": "off"}, "8", ("replicas", ""), 2),
    ],
)
def test_factors(options: dict[str, str], users: str | None, factors: tuple[str, str], count: int) -> None:
    first, second, values = sweep_values(options, users)
    assert (first, second) == factors
    assert len(values) == count
    if second:
        assert len({b for _, b in values}) * len({a for a, _ in values}) == count
        assert values[0][1] == values[1][1]  # one line of points after the other


def test_three_factors_are_too_many() -> None:
    with pytest.raises(BadInput, match="several do"):
        sweep_values({"replicas": "1,2", "cache": "off,aside", "stage": "single..full"}, None)
