"""Wait for the engine to say that something happened, instead of asking it again and again."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from queue import Empty, SimpleQueue
from typing import Final

from lab.adapters.child import end, tether
from lab.adapters.engine_http import EngineHttp
from lab.model.state import LABEL_LAB, LABEL_SERVICE, Happening

_END: Final = b""
_KINDS: Final = {
    "create": "created",
    "die": "ended",
    "health_status: healthy": "healthy",
    "health_status: unhealthy": "unhealthy",
}


class Changes:
    """A lab's containers as they change: something that listens, where asking takes a question each time."""

    def __init__(self) -> None:
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._has_ended = False

    def read(self, stream: Iterable[bytes]) -> None:
        """Take in lines until the stream ends; for a thread of its own."""
        with suppress(OSError, ValueError, HTTPException):  # ended from our side, or the engine went away
            for line in stream:
                self._lines.put(line)
        self._lines.put(_END)

    def wait(self, timeout_s: float) -> list[Happening]:
        """Return what has happened since the last call, as soon as something has; nothing after the timeout."""
        if self._has_ended:  # fall back on looking from time to time
            time.sleep(timeout_s)
            return []
        heard = []
        with suppress(Empty):
            heard.append(self._lines.get(timeout=timeout_s))
            while True:
                heard.append(self._lines.get_nowait())
        self._has_ended = _END in heard
        return [found for line in heard if (found := _happening(line))]


def _happening(line: bytes) -> Happening | None:
    try:
        event = json.loads(line)
        kind = _KINDS.get(event["Action"])
        attributes = event["Actor"]["Attributes"]
    except (ValueError, KeyError, TypeError):  # the end, or nothing that we know
        return None
    return Happening(service=attributes.get(LABEL_SERVICE, ""), kind=kind) if kind else None


@contextmanager
def _read_aside(stream: Iterable[bytes], stop: Callable[[], None]) -> Iterator[Changes]:
    """Read a stream in a thread; `stop` ends the stream, and the thread with it."""
    changes = Changes()
    reader = threading.Thread(target=changes.read, args=(stream,), daemon=True)
    reader.start()
    try:
        yield changes
    finally:
        with suppress(OSError):  # it has ended by itself
            stop()
        reader.join()


@contextmanager
def changes_of(lab: str) -> Iterator[Changes]:
    """Listen to a lab's containers by the docker command until the context is left."""
    filters = [f"{key}={value}" for key, values in _filters(lab).items() for value in values]
    argv = [
        "docker",
        "events",
        "--format",
        "{{json .}}",
        *(word for each in filters for word in ("--filter", each)),
    ]
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=tether(),  # noqa: PLW1509 - it makes one system call
    )
    assert process.stdout  # noqa: S101 - it is a pipe
    with process, _read_aside(process.stdout, lambda: end(process, grace_s=1.0)) as changes:
        yield changes


@contextmanager
def changes_over(http: EngineHttp, lab: str) -> Iterator[Changes]:
    """Listen to a lab's containers over the engine's socket until the context is left."""
    with (
        http.listening("/events", filters=_filters(lab)) as (response, stop),
        _read_aside(response, stop) as changes,
    ):
        yield changes


def _filters(lab: str) -> dict[str, list[str]]:
    return {"label": [f"{LABEL_LAB}={lab}"], "event": ["create", "health_status", "die"]}
