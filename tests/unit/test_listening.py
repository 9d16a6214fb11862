"""What the engine says while a lab starts, and when a look at the containers is worth its price."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab.adapters.events import Changes
from lab.model.state import Happening
from lab.together import together
from lab.workflows.starting import _listen


class Words:
    """A listener that has been told what it will hear."""

    def __init__(self, *chunks: list[tuple[str, str]]) -> None:
        self.chunks = [[Happening(service=s, kind=k) for s, k in chunk] for chunk in chunks]

    def wait(self, timeout_s: float) -> list[Happening]:
        del timeout_s
        return self.chunks.pop(0)


def test_waits_until_all_are_healthy() -> None:
    words = Words(
        [("web-1", "healthy")], [("web-9", "healthy")], [("web-2", "healthy")], [("left", "healthy")]
    )
    _listen(words, {"web-1", "web-2"})
    assert len(words.chunks) == 1


@pytest.mark.parametrize("kind", ["ended", "unhealthy"])
def test_looks_as_soon_as_one_fails(kind: str) -> None:
    words = Words([("store", kind)], [("left", "healthy")])
    _listen(words, {"web-1", "store"})
    assert len(words.chunks) == 1


def test_looks_after_silence() -> None:
    words = Words([("web-1", "healthy")], [], [("left", "healthy")])
    _listen(words, {"web-1", "store"})
    assert len(words.chunks) == 1


@pytest.fixture
def said() -> Iterator[tuple[Changes, int]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        yield Changes(stream), writing


def test_a_line_that_comes_in_two_pieces(said: tuple[Changes, int]) -> None:
    changes, writing = said
    os.write(writing, b"create\tcredentials\nhealth_status: hea")
    assert changes.wait(5) == [Happening(service="credentials", kind="created")]
    os.write(writing, b"lthy\tstore\nexec_die\tstore\n")
    os.close(writing)
    assert changes.wait(5) == [Happening(service="store", kind="healthy")]
    assert changes.wait(0.01) == []


def test_together_keeps_the_order_and_raises_the_first_failure() -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    assert together(lambda: 1, lambda: 2) == [1, 2]
    assert together() == []
    with pytest.raises(ValueError, match="first"):
        together(lambda: 1, lambda: fail("first"), lambda: fail("second"))
