"""Sort finished requests into the running second and, while it is open, into the window's tally."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from probe.latency import Latencies
from probe.second import Second
from probe.tally import Sample, Tally

NO_HEADERS: Final[dict[str, str]] = {}
NO_CONTEXT: Final[Mapping[str, float]] = {}


class Recorder:
    """Listens to Locust's request event.

    A request belongs to the moment when it finished: those still under way when the window ends are not counted,
    those under way when it starts are. In a steady state the two cancel out.
    """

    def __init__(self) -> None:
        self.tally = Tally(Latencies)
        self.second = Second()
        self.phase = "verify"
        self.problems: list[str] = []
        self.is_open = False
        self._opened_s = (0.0, 0.0)  # Unix time, monotonic time

    def on_request(
        self,
        *,
        name: str,
        response_time: float,
        exception: Exception | None,
        response: Any = None,  # noqa: ANN401 - Locust's response
        context: Mapping[str, float] = NO_CONTEXT,
        **_: Any,  # noqa: ANN401 - the event carries more than is counted
    ) -> None:
        """Count one finished request; ``context`` tells how long an open load let it wait for its start."""
        headers = getattr(response, "headers", None) or NO_HEADERS
        error = str(exception) if exception else ""
        waited_ms = context.get("waited_ms")
        sample = Sample.from_headers(name, response_time + (waited_ms or 0.0), error, headers)
        if waited_ms is not None:
            sample = replace(sample, service_ms=response_time)
        if self.phase == "verify":
            if sample.error:
                self.problems.append(f"{name}: {sample.error}")
            return
        self.second.add(sample)
        if self.is_open:
            self.tally.add(sample)

    def action_done(self, name: str) -> None:
        """Count one finished action of the mix."""
        if self.is_open:
            self.tally.actions[name] += 1

    def open_window(self) -> float:
        """Start counting and return the Unix time."""
        self.is_open = True
        self._opened_s = (time.time(), time.monotonic())
        return self._opened_s[0]

    def close_window(self) -> float:
        """Stop counting and return the Unix time; a clock that was set meanwhile makes the window no longer."""
        self.is_open = False
        start_s, start_monotonic_s = self._opened_s
        return start_s + (time.monotonic() - start_monotonic_s)

    def next_second(self) -> Second:
        """Return the second that ends now and begin another."""
        finished, self.second = self.second, Second()
        return finished


class Effort:
    """How hard the generator itself works: processor time as a share of one core, and lateness of its event loop."""

    def __init__(self) -> None:
        self._wall_s = time.perf_counter()
        self._cpu_s = time.process_time()
        self.lags_ms: list[float] = []

    def cpu_ratio(self) -> float:
        """Return processor time per wall time since the last call (1 = one whole core)."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        ratio = (cpu_s - self._cpu_s) / max(wall_s - self._wall_s, 1e-6)
        self._wall_s, self._cpu_s = wall_s, cpu_s
        return round(ratio, 4)
