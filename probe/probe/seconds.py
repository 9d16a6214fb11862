"""Tell once a second how the load is going."""

import math
import time
from collections.abc import Callable
from typing import Final

import gevent

from probe.recorder import Effort, Recorder
from probe.wire import Writer

SHORTEST_S: Final = 0.1


class Seconds:
    """Emits what each ``second`` event is made of. A phase begins and ends one, so none belongs to two phases."""

    def __init__(self, recorder: Recorder, writer: Writer, user_count: Callable[[], int]) -> None:
        self._recorder = recorder
        self._writer = writer
        self._user_count = user_count
        self._effort = Effort()
        self._since_s = self._due_s = time.monotonic()
        self._phase_end_s = math.inf

    def begin_phase(self, end_s: float) -> None:
        """Emit the end of the last phase; the one that begins lasts until the monotonic time ``end_s``."""
        if time.monotonic() - self._since_s > SHORTEST_S or not self._recorder.second.is_empty():
            self._emit()
        self._due_s = self._since_s + 1
        self._phase_end_s = end_s

    def run(self) -> None:
        """Emit an event each time a second is full, for ever."""
        while True:
            gevent.sleep(max(SHORTEST_S / 2, self._due_s - time.monotonic()))
            # The last second of a phase is left to the next ``begin_phase``, which comes at the same moment.
            if self._due_s < min(time.monotonic(), self._phase_end_s - SHORTEST_S):
                self._due_s += 1
                self._emit()

    def _emit(self) -> None:
        now_s = time.monotonic()
        self._writer.emit(
            "second",
            phase=self._recorder.phase,
            span_s=round(now_s - self._since_s, 3),
            users=self._user_count(),
            generator_cpu_ratio=self._effort.cpu_ratio(),
            parts=self._recorder.next_second().parts(),
        )
        self._since_s = now_s
