"""Tell once a second how the load is going."""

import time
from collections.abc import Callable
from typing import Final

import gevent

from probe.recorder import Effort, Recorder
from probe.wire import Writer

SHORTEST_S: Final = 0.1


class Seconds:
    """Emits the ``second`` events. A phase begins a new second, so none belongs to two phases."""

    def __init__(self, recorder: Recorder, writer: Writer, user_count: Callable[[], int]) -> None:
        self._recorder = recorder
        self._writer = writer
        self._user_count = user_count
        self.begin()

    def begin(self) -> None:
        """Forget everything before now."""
        self._effort = Effort()
        self._since_s = time.monotonic()
        self._due_s = self._since_s + 1
        self._recorder.next_second()

    def run(self) -> None:
        """Emit an event each time a second is full, for ever."""
        while True:
            gevent.sleep(max(0.0, self._due_s - time.monotonic()))
            if time.monotonic() >= self._due_s:
                self._emit(self._due_s + 1)

    def flush(self) -> None:
        """Emit what has come together since the last event; less than a tenth of a second is left for the next."""
        now_s = time.monotonic()
        if now_s - self._since_s >= SHORTEST_S:
            self._emit(now_s + 1)

    def _emit(self, due_s: float) -> None:
        now_s = time.monotonic()
        span_s = now_s - self._since_s
        self._since_s = now_s
        self._due_s = due_s
        self._writer.emit(
            "second",
            phase=self._recorder.phase,
            span_s=round(span_s, 3),
            users=self._user_count(),
            generator_cpu_ratio=self._effort.cpu_ratio(),
            **self._recorder.next_second().document(),
        )
