"""What watching costs: the CPU of this process, with all its threads, in the window."""

import time
from typing import NamedTuple


class _Moment(NamedTuple):
    at_s: float
    cpu_s: float


def _now() -> _Moment:
    return _Moment(time.monotonic(), time.process_time())


class WindowCost:
    """Counts between the window's edges; what is added up afterwards disturbs nobody's measurement.

    Where no edge comes, which is a job without a load, it counts from the beginning until it is asked.
    """

    def __init__(self) -> None:
        self._begin = _now()
        self._end: _Moment | None = None

    def edge(self, edge: str) -> None:
        """Note that the window begins (``start``) or ends; the first end counts."""
        if edge == "start":
            self._begin, self._end = _now(), None
        elif self._end is None:
            self._end = _now()

    def cpu_ratio(self) -> float:
        """Return the cores that were used; 0 for no time."""
        end = self._end or _now()
        took_s = end.at_s - self._begin.at_s
        return (end.cpu_s - self._begin.cpu_s) / took_s if took_s > 0 else 0.0
