"""Watch all tiers at once, one reading a second each, in threads of the supervisor's process.

The generator runs in another process: its event loop never waits for a collector.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from probe.collect_balancer import BalancerCollector
from probe.collect_cache import CacheCollector
from probe.collect_db import primary_collector, replica_collector
from probe.collect_host import HostCollector
from probe.collect_store import StoreCollector
from probe.collect_web import WebCollector
from probe.collector import Collector
from probe.rates import Rates
from probe.wire import Writer

# One line per tier that can be watched; probe.job.WATCHABLE lists the same names.
COLLECTORS: Final[dict[str, Callable[[str], Collector]]] = {
    "balancer": BalancerCollector,
    "web": WebCollector,
    "cache": CacheCollector,
    "db-primary": primary_collector,
    "db-replica": replica_collector,
    "store": StoreCollector,
}
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
            reading = self._collector.read()
        except Exception as error:  # noqa: BLE001 - a tier that cannot be read must never end the run
            self._collector.close()
            self._report(f"{type(error).__name__}: {error}"[:300])
            return
        self._last_problem = ""
        values = dict(reading.values)
        if not edge:  # an extra reading would cut the second in two
            rates = self._rates.per_second(values, reading.counters, time.monotonic())
            values |= rates | self._collector.derive(rates)
        self._publish(values, edge)

    def _report(self, problem: str) -> None:
        """Complain about a new problem at once, about the same one every half minute."""
        self._repeated = self._repeated + 1 if problem == self._last_problem else 0
        self._last_problem = problem
        if self._repeated % REPEAT_PROBLEM == 0:
            self._complain(problem)


class Watch:
    """All pollers of one job."""

    def __init__(self, targets: Mapping[str, tuple[str, ...]], writer: Writer) -> None:
        named = [(tier, target) for tier, hosts in targets.items() for target in hosts]
        self._tiers = [
            Poller(
                COLLECTORS[tier](target),
                _tier_event(writer, tier, target),
                _problem_event(writer, tier, target),
                offset_s=INTERVAL_S * index / len(named),  # spread over the second: no burst of questions
            )
            for index, (tier, target) in enumerate(named)
        ]
        self._host = Poller(
            HostCollector(), _host_event(writer), _problem_event(writer, "host", "host"), offset_s=0.0
        )

    def start(self) -> None:
        """Start reading."""
        for poller in (*self._tiers, self._host):
            poller.start()

    def signal_edge(self, edge: str) -> None:
        """Read every tier once more; ``edge`` is ``start`` or ``end`` of the window."""
        for poller in self._tiers:
            poller.signal_edge(edge)

    def stop(self, grace_s: float = 3.0) -> None:
        """Stop and let readings that are under way finish for at most ``grace_s`` in all."""
        for poller in (*self._tiers, self._host):
            poller.stop()
        deadline_s = time.monotonic() + grace_s
        for poller in (*self._tiers, self._host):
            poller.join(max(0.0, deadline_s - time.monotonic()))


def _tier_event(writer: Writer, tier: str, target: str) -> Publish:
    def publish(values: Mapping[str, float], edge: str) -> None:
        writer.emit("tier", tier=tier, target=target, values=values, **({"edge": edge} if edge else {}))

    return publish


def _host_event(writer: Writer) -> Publish:
    return lambda values, _edge: writer.emit("host", **values)


def _problem_event(writer: Writer, tier: str, target: str) -> Complain:
    return lambda message: writer.emit("problem", tier=tier, target=target, message=message)
