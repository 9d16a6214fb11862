"""Read one target once a second, in a thread of its own."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from probe.collector import Collector
from probe.rates import Rates

INTERVAL_S: Final = 1.0
REPEAT_PROBLEM: Final = 30
_STOP: Final = "stop"

Publish = Callable[[Mapping[str, float], str], None]
Complain = Callable[[str], None]


class Poller(threading.Thread):
    """Reads one target every second, and once more whenever the window starts or ends ("edge")."""

    def __init__(self, collector: Collector, publish: Publish, complain: Complain, offset_s: float) -> None:
        super().__init__(daemon=True)
        self._collector = collector
        self._publish = publish
        self._complain = complain
        self._offset_s = offset_s
        self._rates = Rates()
        self._signals: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._last_problem = ""
        self._repeated = 0

    def run(self) -> None:
        """Read until told to stop; a reading that took too long makes the next ticks be skipped, not be caught up."""
        due_s = time.monotonic() + self._offset_s
        while True:
            try:
                signal = self._signals.get(timeout=max(0.0, due_s - time.monotonic()))
            except queue.Empty:
                signal = ""
            if signal == _STOP:
                break
            self._read(signal)
            while due_s <= time.monotonic():
                due_s += INTERVAL_S
        self._collector.close()

    def signal_edge(self, edge: str) -> None:
        """Ask for one extra reading now, so that counters can be compared over exactly the window."""
        self._signals.put(edge)

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._signals.put(_STOP)

    def _read(self, edge: str) -> None:
        try:
            self._publish(self._values(edge), edge)
        except Exception as error:  # noqa: BLE001 - a tier that cannot be read must never end the run
            self._collector.close()
            self._report(f"{type(error).__name__}: {error}"[:300])
        else:
            self._last_problem = ""

    def _values(self, edge: str) -> dict[str, float]:
        reading = self._collector.read()
        values = dict(reading.values)
        if not edge:  # an extra reading must not cut the second in two
            rates = self._rates.per_second(values, reading.counters, time.monotonic())
            values |= rates | self._collector.derive(rates)
        return values

    def _report(self, problem: str) -> None:
        """Complain about a new problem at once, about the same one every half minute."""
        self._repeated = self._repeated + 1 if problem == self._last_problem else 0
        self._last_problem = problem
        if self._repeated % REPEAT_PROBLEM == 0:
            self._complain(problem)
