"""One poller, with a collector that needs no network."""

import math
import queue

import pytest

from probe.collector import Reading
from probe.poller import REPEAT_PROBLEM, Poller


class Counter:
    """Grows by ten at each reading; fails when told to."""

    def __init__(self):
        self.readings = 0
        self.closed = 0
        self.failure: Exception | None = None
        self.gauge = 3.0

    def read(self):
        if self.failure:
            raise self.failure
        self.readings += 1
        return Reading(values={"total": 10.0 * self.readings, "gauge": self.gauge}, counters=["total"])

    def derive(self, rates):
        return {"is_moving": float(rates.get("total_per_s", 0) > 0)}

    def close(self):
        self.closed += 1


class Lines:
    """Takes what a poller says."""

    def __init__(self):
        self.said: queue.SimpleQueue = queue.SimpleQueue()

    def publish(self, values, edge):
        if any(math.isnan(value) for value in values.values()):
            raise ValueError("not JSON")
        self.said.put((dict(values), edge))

    def complain(self, problem):
        self.said.put(problem)

    def next(self):
        return self.said.get(timeout=5)


@pytest.fixture
def watched():
    collector, lines = Counter(), Lines()
    poller = Poller(collector, lines.publish, lines.complain, offset_s=0.0)
    yield collector, lines, poller
    if poller.ident is not None:
        poller.stop()
        poller.join(5)
        assert not poller.is_alive()
        assert collector.closed >= 1


def test_the_first_reading_has_no_rate_the_second_has(watched):
    _, lines, poller = watched
    poller.start()
    assert lines.next() == ({"total": 10, "gauge": 3, "is_moving": 0}, "")
    values, edge = lines.next()
    assert edge == ""
    assert values["total_per_s"] == pytest.approx(10, rel=0.2)
    assert values["is_moving"] == 1


def test_an_edge_is_read_at_once_and_leaves_the_rates_alone(watched):
    _, lines, poller = watched
    poller.start()
    lines.next()
    poller.signal_edge("start")
    assert lines.next() == ({"total": 20, "gauge": 3}, "start")
    values, _ = lines.next()
    assert values["total_per_s"] == pytest.approx(20, rel=0.2)  # two readings' growth over the whole second


def test_the_same_problem_is_told_once_in_a_while(watched):
    collector, lines, poller = watched
    collector.failure = ConnectionRefusedError("refused")
    for _ in range(REPEAT_PROBLEM + 1):
        poller._read("")
    assert [lines.next() for _ in range(2)] == ["ConnectionRefusedError: refused"] * 2
    assert lines.said.empty()
    assert collector.closed == REPEAT_PROBLEM + 1


def test_a_new_problem_is_told_at_once_also_after_a_recovery(watched):
    collector, lines, poller = watched
    for failure in (OSError("a"), OSError("b"), None, OSError("b")):
        collector.failure = failure
        poller._read("")
    said = [lines.next() for _ in range(4)]
    assert (said[0], said[1], said[3]) == ("OSError: a", "OSError: b", "OSError: b")


def test_a_value_that_cannot_be_told_is_a_problem_not_the_end(watched):
    collector, lines, poller = watched
    collector.gauge = math.nan
    poller._read("")
    assert lines.next() == "ValueError: not JSON"
