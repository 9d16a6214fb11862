"""Read a child's output without trusting it: lines within a time limit, and no more than the end of its complaints."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from typing import IO, Final

from lab.errors import raise_if_stopped

_CHUNK: Final = 65_536
# Silence is counted in turns: a command that was stopped itself (Ctrl-Z, a laptop's sleep) has missed one turn.
_TURN_S: Final = 1.0
MAX_LINE_BYTES: Final = 16 * 2**20


def lines(stream: IO[bytes], *, silence_s: float, total_s: float) -> Iterator[str]:
    """Yield the lines of a pipe until its other end is closed.

    Raises:
        TimeoutError: nothing came for `silence_s`, or it did not end within `total_s`.
    """
    deadline_s, rest, silent_s = time.monotonic() + total_s, b"", 0.0
    while True:
        raise_if_stopped()
        if not select.select([stream], [], [], _TURN_S)[0]:
            silent_s += _TURN_S
            if silent_s >= silence_s or time.monotonic() > deadline_s:
                raise TimeoutError
            continue
        silent_s = 0.0
        chunk = os.read(stream.fileno(), _CHUNK)
        if not chunk:
            return
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            rest = b""  # no event of ours
        for line in whole:
            yield line.decode("utf-8", "replace")


class Tail(threading.Thread):
    """Empties a pipe so that its writer never waits, and remembers the end."""

    def __init__(self, stream: IO[bytes], *, size_bytes: int = 16_384) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._size = size_bytes
        self._kept = b""

    def run(self) -> None:
        """Read until the other end is closed."""
        while chunk := os.read(self._stream.fileno(), _CHUNK):
            self._kept = (self._kept + chunk)[-self._size :]

    def text(self, *, patience_s: float = 2.0) -> str:
        """Return the end of what came, after waiting a little for the writer to finish."""
        self.join(patience_s)
        return self._kept.decode("utf-8", "replace").strip()
