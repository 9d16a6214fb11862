"""Wait for the engine to say that something happened, instead of asking it again and again."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from lab.adapters.child import end, tether
from lab.model.state import LABEL_LAB

_CHUNK = 65_536


class Changes:
    """A lab's containers as they change: one process that listens, where asking takes one each time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, timeout_s: float) -> None:
        """Return when a container has become healthy, unhealthy, or has ended; at the latest after the timeout."""
        stream = self._process.stdout
        if stream is None:
            return
        ready, _, _ = select.select([stream], [], [], timeout_s)
        if ready and not os.read(
            stream.fileno(), _CHUNK
        ):  # it has ended: fall back on looking from time to time
            select.select([], [], [], timeout_s)


@contextmanager
def changes_of(lab: str) -> Iterator[Changes]:
    """Listen to a lab's containers until the context is left."""
    argv = ["docker", "events", "--format", "{{.Action}}", "--filter", f"label={LABEL_LAB}={lab}",
            "--filter", "event=health_status", "--filter", "event=die"]  # fmt: skip
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
            yield Changes(process)
        finally:
            end(process, grace_s=1.0)
