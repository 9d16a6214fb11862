"""Make one stream of events of the streams of several generator processes. Pure."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from probe import arrivals
from probe.second import Second
from probe.tally import LatencyStore, Tally

MERGED: Final = frozenset({"phase", "second", "tally"})


class Merged(NamedTuple):
    """One event for whoever started the probe; ``t_s`` is that of the process that was last."""

    event: str
    t_s: float
    fields: dict[str, Any]


class Merger:
    """Takes what each process says and gives what they say together.

    All processes go through the same phases at the same moments, so their streams are merged in step: a phase begins
    when it has begun in all of them, a second is told when all have told theirs, and after a phase's last second a
    process that had one less is not waited for.
    """

    def __init__(self, count: int, new_latencies: Callable[[], LatencyStore]) -> None:
        self._waiting: list[deque[Mapping[str, Any]]] = [deque() for _ in range(count)]
        self._new_latencies = new_latencies

    def add(self, number: int, event: Mapping[str, Any]) -> list[Merged]:
        """Take an event of process ``number`` and return what is complete by now."""
        self._waiting[number].append(event)
        found = []
        while all(self._waiting):
            found.append(self._next())
        return found

    def _next(self) -> Merged:
        heads = [waiting[0]["event"] for waiting in self._waiting]
        kind = "second" if "second" in heads else heads[0]
        events = [
            waiting.popleft() for waiting, head in zip(self._waiting, heads, strict=True) if head == kind
        ]
        t_s = max(event["t_s"] for event in events)
        if kind == "second":
            return Merged("second", t_s, _second(events))
        if kind == "tally":
            return Merged("result", t_s, self._result(events))
        return Merged(kind, t_s, {"phase": events[0]["phase"]})

    def _result(self, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        tally = Tally(self._new_latencies)
        for event in events:
            tally.add_parts(event["counts"])
        # The windows are the same but for milliseconds; their mean ends make no rate too high or too low.
        start_s, end_s = (sum(event["window"][edge] for event in events) / len(events) for edge in (0, 1))
        starts = [event["starts"] for event in events if "starts" in event]
        return {
            **tally.document(start_s, end_s),
            "generator": _generator([event["generator"] for event in events]),
            "clock": _lost([event["clock"] for event in events]),
            **({"starts": arrivals.merged(starts)} if starts else {}),
        }


def _second(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    second = Second()
    for event in events:
        second.add_parts(event["parts"])
    return {
        "phase": events[0]["phase"],
        "span_s": max(event["span_s"] for event in events),
        "users": sum(event["users"] for event in events),
        "generator_cpu_ratio": max(event["generator_cpu_ratio"] for event in events),
        **second.document(),
    }


def _generator(efforts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the effort of the busiest process and of the one that ran latest, and what all used together."""
    lags_ms = [each["loop_lag_p99_ms"] for each in efforts if each["loop_lag_p99_ms"] is not None]
    return {
        "cpu_ratio": max(each["cpu_ratio"] for each in efforts),
        "cpu_cores": round(sum(each["cpu_ratio"] for each in efforts), 4),
        "loop_lag_p99_ms": max(lags_ms, default=None),
        "processes": len(efforts),
    }


def _lost(clocks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: max((clock[key] for clock in clocks), key=abs) for key in clocks[0]}
