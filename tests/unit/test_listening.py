"""What the engine says while a lab starts, and when a look at the containers is worth its price."""

from __future__ import annotations

import json
import os
import time

import pytest

from lab.adapters.events import _read_aside
from lab.model.state import LABEL_SERVICE, Happening
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
    still_late: list[set[str]] = []
    _listen(words, {"web-1", "web-2"}, still_late.append)
    assert len(words.chunks) == 1
    assert still_late == [{"web-2"}, {"web-2"}, set()]


@pytest.mark.parametrize("kind", ["ended", "unhealthy"])
def test_looks_as_soon_as_one_fails(kind: str) -> None:
    words = Words([("store", kind)], [("left", "healthy")])
    _listen(words, {"web-1", "store"}, lambda _late: None)
    assert len(words.chunks) == 1


def test_looks_after_silence() -> None:
    words = Words([("web-1", "healthy")], [], [("left", "healthy")])
    _listen(words, {"web-1", "store"}, lambda _late: None)
    assert len(words.chunks) == 1


def event(action: str, service: str) -> bytes:
    """Return what the engine says when something happens to a service's container."""
    actor = {"ID": "0" * 64, "Attributes": {LABEL_SERVICE: service, "image": "x"}}
    return json.dumps({"Type": "container", "Action": action, "Actor": actor}).encode() + b"\n"


def test_hears_what_is_read_aside() -> None:
    reading, writing = os.pipe()
    said = os.fdopen(reading, "rb")
    with said, _read_aside(said, lambda: os.close(writing)) as changes:
        os.write(writing, event("create", "credentials") + event("health_status: healthy", "store")[:30])
        assert changes.wait(5) == [Happening(service="credentials", kind="created")]
        assert changes.wait(0.01) == []
        os.write(
            writing, event("health_status: healthy", "store")[30:] + event("exec_die", "store") + b"no JSON\n"
        )
        assert changes.wait(5) == [Happening(service="store", kind="healthy")]


def test_an_end_is_not_asked_again_and_again() -> None:
    with _read_aside([event("die", "store")], lambda: None) as changes:
        assert changes.wait(5) == [Happening(service="store", kind="ended")]
        for _ in range(2):
            start_s = time.monotonic()
            assert changes.wait(0.1) == []
        assert time.monotonic() - start_s >= 0.1


def test_together_keeps_the_order_and_raises_the_first_failure() -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    assert together(lambda: 1, lambda: 2) == [1, 2]
    assert together() == []
    with pytest.raises(ValueError, match="first"):
        together(lambda: 1, lambda: fail("first"), lambda: fail("second"))
