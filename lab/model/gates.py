"""Validity gates: any of them makes a measurement INVALID, with the reason and the remedy. Pure.

Each gate takes the window and returns its problem, or nothing. A bound that chance could break would make honest runs
INVALID: where counts are compared, the bound is what can happen at all, or four standard deviations and more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lab.model.gates_counts import balancer_count, little, mix_as_declared, replica_shares
from lab.model.window import Window

MAX_ERROR_RATIO: Final = 0.001  # 0.1 %: docs/measuring.md
MAX_GENERATOR_RATIO: Final = 0.70  # of one core; above it the generator's own queueing shows up as latency
MAX_LAG_MS: Final = 10.0  # of the generator's event loop, 99 times in 100
MIN_HOST_IDLE_RATIO: Final = 0.10
MAX_STEAL_RATIO: Final = 0.01
MIN_REQUESTS: Final = 50
MAX_LATE_RATIO: Final = 0.01
MAX_DROPPED_RATIO: Final = 0.001
MIN_ACHIEVED_RATIO: Final = 0.98
MAX_WRITES: Final = 2_000  # transactions before a scenario that reads: 1 % of the data set's 200,000 comments
MAX_WRITES_BEFORE_WRITES: Final = 20_000  # one that writes does so itself, and may be repeated some times

Gate = Callable[[Window], str]


def problems(window: Window) -> list[str]:
    """Return why a measurement is INVALID, the cause before what follows from it; an empty list means VALID."""
    found = [f"responses: {problem}" for problem in window.verify]
    if window.requests == 0:
        return [*found, "no request was answered in the window: lab status; lab logs web"]
    return found + [problem for gate in GATES if (problem := gate(window))]


def has_errors(window: Window) -> bool:
    """Say whether more failed than the error budget allows."""
    return window.failures > MAX_ERROR_RATIO * window.requests


def errors(w: Window) -> str:
    """An error page is cheap, so errors look like speed."""
    if not has_errors(w):
        return ""
    return (
        f"errors: {w.failures:,} of {w.requests:,} requests failed ({w.failures / w.requests:.1%}; at most"
        f" {MAX_ERROR_RATIO:.1%}): {w.top_error or 'see the errors table'}"
    )


def enough_requests(w: Window) -> str:
    """A handful shows nothing."""
    if w.requests >= MIN_REQUESTS or has_errors(w):
        return ""
    return f"too few requests: {w.requests} (at least {MIN_REQUESTS}): use a longer --duration"


def generator_cpu(w: Window) -> str:
    """A generator without room queues itself, and that looks like latency of the lab."""
    if w.generator_cpu_ratio <= MAX_GENERATOR_RATIO:
        return ""
    return (
        f"load generator: used {w.generator_cpu_ratio:.0%} of a core (at most {MAX_GENERATOR_RATIO:.0%}): it was the"
        " bottleneck, not the lab; use fewer --users"
    )


def generator_lag(w: Window) -> str:
    """An event loop that runs late measures its own lateness as latency."""
    if w.generator_lag_p99_ms is None or w.generator_lag_p99_ms <= MAX_LAG_MS:
        return ""
    return (
        f"load generator: its event loop ran {w.generator_lag_p99_ms:.0f} ms late, 1 time in 100 (at most"
        f" {MAX_LAG_MS:g} ms), and latencies with it; close other programs, use fewer replicas or --users"
    )


def generator_starts(w: Window) -> str:
    """Requests of an open load that start late make a lab look less loaded than it is."""
    if w.starts is None or w.starts.late <= MAX_LATE_RATIO * w.starts.planned:
        return ""
    return (
        f"load generator: {w.starts.late:,} of {w.starts.planned:,} actions started more than 5 ms late (at most"
        f" {MAX_LATE_RATIO:.0%}): it had no CPU; use a lower --rate, or close other programs"
    )


def dropped(w: Window) -> str:
    """An action that was never started has no latency, and the slowest ones are those that are dropped."""
    if w.starts is None or w.starts.dropped <= MAX_DROPPED_RATIO * w.starts.planned:
        return ""
    return (
        f"dropped: {w.starts.dropped:,} of {w.starts.planned:,} actions were never started, too many were under way (at"
        f" most {MAX_DROPPED_RATIO:.1%}): the lab cannot do this rate; use a lower --rate"
    )


def overloaded(w: Window) -> str:
    """Where less ends than starts, latency grows for as long as one measures: it has no value."""
    if w.starts is None or not w.starts.planned:
        return ""
    chance = 4 * max(w.rate_rps * w.first_ms / 1000, 1.0) ** 0.5  # of what was under way at both ends
    if w.actions + chance >= MIN_ACHIEVED_RATIO * w.starts.planned:
        return ""
    return (
        f"overloaded: {w.actions:,} of {w.starts.planned:,} actions that were due ended"
        f" ({w.actions / w.starts.planned:.0%}; at least {MIN_ACHIEVED_RATIO:.0%}): use a lower --rate or more replicas;"
        " `lab capacity` finds the highest rate"
    )


def host_idle(w: Window) -> str:
    """Without idle cores the machine was the limit, and no tier."""
    if w.host_idle_ratio is None or w.host_idle_ratio >= MIN_HOST_IDLE_RATIO:
        return ""
    return (
        f"machine: only {w.host_idle_ratio:.0%} idle (at least {MIN_HOST_IDLE_RATIO:.0%}): host-bound; use fewer"
        " replicas, or close other programs"
    )


def host_steal(w: Window) -> str:
    """CPU that other virtual machines take is missing in tiers that seem to have it."""
    if w.host_steal_ratio is None or w.host_steal_ratio <= MAX_STEAL_RATIO:
        return ""
    return (
        f"machine: other virtual machines took {w.host_steal_ratio:.1%} of its CPU (at most {MAX_STEAL_RATIO:.0%}):"
        " measure at another time, or on another machine"
    )


def data_set(w: Window) -> str:
    """Pages of a data set that has grown cost more."""
    allowed = MAX_WRITES_BEFORE_WRITES if w.asked.is_writing else MAX_WRITES
    if w.writes is None or w.writes <= allowed:
        return ""
    return (
        f"data set: {w.writes:,} writes since it was restored (at most {allowed:,}): its pages cost something else;"
        " restore it: lab down -v && lab up"
    )


def steady_state(w: Window) -> str:
    """A window that was still changing has no mean."""
    return "" if w.asked.is_cold or has_errors(w) else w.steady


GATES: Final[tuple[Gate, ...]] = (
    errors,
    enough_requests,
    data_set,
    generator_cpu,
    generator_lag,
    generator_starts,
    dropped,
    overloaded,
    host_idle,
    host_steal,
    mix_as_declared,
    balancer_count,
    replica_shares,
    little,
    steady_state,
)
