"""Wait for the engine to say that something happened, instead of asking it again and again."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from lab.adapters.child import end, tether
from lab.model.state import LABEL_LAB, LABEL_SERVICE, Happening

_CHUNK = 65_536
_KINDS = {
    "create": "created",
    "die": "ended",
    "health_status: healthy": "healthy",
    "health_status: unhealthy": "unhealthy",
}


class Changes:
    """A lab's containers as they change: one process that listens, where asking takes one each time."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = b""

    def wait(self, timeout_s: float) -> list[Happening]:
        """Return what has happened since the last call, as soon as something has; nothing after the timeout."""
        ready, _, _ = select.select([self._stream], [], [], timeout_s)
        chunk = os.read(self._stream.fileno(), _CHUNK) if ready else b""
        if ready and not chunk:  # it has ended: fall back on looking from time to time
            select.select([], [], [], timeout_s)
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return [found for line in whole if (found := _happening(line.decode(errors="replace")))]


def _happening(line: str) -> Happening | None:
    action, _, service = line.partition("\t")
    return Happening(service=service, kind=_KINDS[action]) if action in _KINDS else None


@contextmanager
def changes_of(lab: str) -> Iterator[Changes]:
    """Listen to a lab's containers until the context is left."""
    template = f'{{{{.Action}}}}\t{{{{index .Actor.Attributes "{LABEL_SERVICE}"}}}}'
    argv = ["docker", "events", "--format", template, "--filter", f"label={LABEL_LAB}={lab}",
            "--filter", "event=create", "--filter", "event=health_status", "--filter", "event=die"]  # fmt: skip
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=tether(),  # noqa: PLW1509 - it makes one system call
    )
    with process:
        try:
            assert process.stdout  # noqa: S101 - it is a pipe
            yield Changes(process.stdout)
        finally:
            end(process, grace_s=1.0)
