"""Collect Apache's worker states and counters."""

from probe import parse_apache
from probe.collector import HttpSource, Reading


class WebCollector(HttpSource):
    """Reads the status page of one web replica.

    The connection is closed after each answer: kept open, it would pin one of the replica's few workers.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target, 8081, "/server-status?auto", keep_alive=False)

    def read(self) -> Reading:
        """Return the workers, without the one that is busy answering this very question."""
        values = parse_apache.values(self.get())
        values["busy_workers"] = max(0.0, values["busy_workers"] - 1)
        return Reading(values=values, counters=parse_apache.COUNTERS)
