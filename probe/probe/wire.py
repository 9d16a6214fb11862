"""Write events as JSON lines: the probe's only output. Pure except for the one write."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO


def encode(event: str, t_s: float, fields: dict[str, Any]) -> bytes:
    """Return one line of compact JSON with ``event`` and ``t_s`` (Unix time, seconds) first.

    Numbers that JSON lacks (NaN, infinities) raise ValueError: a collector must leave such a value out.
    """
    document = {"event": event, "t_s": round(t_s, 6), **fields}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"


class Writer:
    """Sends events from several threads through one stream, a whole line at a time."""

    def __init__(
        self, stream: BinaryIO, *, on_closed: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._stream = stream
        self._on_closed = on_closed
        self._clock = clock
        self._lock = threading.Lock()

    def emit(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - events carry any JSON value
        """Write one event, stamped with the time of now."""
        self.forward(encode(event, self._clock(), fields))

    def forward(self, line: bytes) -> None:
        """Write a line that is already encoded; call ``on_closed`` when nobody reads any more."""
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except BrokenPipeError:
                self._on_closed()
