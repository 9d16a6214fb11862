"""Collect HAProxy's statistics: where requests wait and which replica gets them."""

from probe import parse_haproxy
from probe.collector import HttpSource, Reading


class BalancerCollector(HttpSource):
    """Reads the CSV of one HAProxy."""

    def __init__(self, target: str) -> None:
        super().__init__(target, 8404, "/stats;csv")

    def read(self) -> Reading:
        """Return every proxy's and server's numbers."""
        values = parse_haproxy.values(self.get())
        return Reading(values=values, counters=parse_haproxy.counter_names(values))
