"""Watch all tiers at once, one reading a second each, in threads of the supervisor's process.

The generator runs in another process: its event loop never waits for a collector.
"""

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
from probe.cost import WindowCost
from probe.poller import INTERVAL_S, Complain, Poller, Publish
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
            HostCollector(), _host_event(writer), _problem_event(writer, "host", "host"), offset_s=INTERVAL_S
        )

        self._cost = WindowCost()

    def start(self) -> None:
        """Start reading."""
        for poller in (*self._tiers, self._host):
            poller.start()

    def signal_edge(self, edge: str) -> None:
        """Read every tier once more; ``edge`` is ``start`` or ``end`` of the window."""
        self._cost.edge(edge)
        for poller in self._tiers:
            poller.signal_edge(edge)

    def cpu_ratio(self) -> float:
        """Return this process's CPU in cores, in the window."""
        return self._cost.cpu_ratio()

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
