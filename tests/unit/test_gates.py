"""Each gate fails for its own reason, and only for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.model.gates import GATES, MAX_WRITES, MAX_WRITES_BEFORE_WRITES, problems
from lab.model.measurement import Starts
from lab.model.window import Asked, Window

MIX = {"read": 0.75, "write": 0.25}
CLOSED = Asked(users=20, mix=MIX, web=("web-1", "web-2"))
# 20 users, 100 requests a second, 200 ms: Little's law holds.
GOOD = Window(
    asked=CLOSED, duration_s=20.0, requests=2_000, failures=0, mean_ms=200.0, first_ms=200.0, last_ms=200.0,
    actions=2_000, mix=MIX, balancer_requests=2_000, replicas={"web-1": 1_010, "web-2": 990}, generator_cpu_ratio=0.2,
    generator_lag_p99_ms=2.0, host_idle_ratio=0.5, host_steal_ratio=0.0, writes=0,
)  # fmt: skip
OPEN = replace(
    GOOD,
    asked=replace(CLOSED, users=None, rate_rps=100.0),
    starts=Starts(planned=2_000, late=0, dropped=0, late_p99_ms=0.5),
)


@pytest.mark.parametrize("window", [GOOD, OPEN])
def test_a_clean_window_is_valid(window: Window) -> None:
    assert problems(window) == []


def test_a_window_hardly_longer_than_a_request_is_told_to_be_longer() -> None:
    # 64 users, 5 answers a second: 12.8 s each by Little's law, of which a window of 12 s sees those that began in it.
    slow = replace(
        GOOD, asked=replace(CLOSED, users=64), duration_s=12.0, requests=60, mean_ms=8_000.0, first_ms=8_000.0, last_ms=8_000.0,
    )  # fmt: skip
    found = [problem for problem in problems(slow) if problem.startswith("Little's law")]
    assert len(found) == 1
    assert "a request took 8.0 s, the window 12 s: use a longer --duration or fewer --users" in found[0]
    assert "replica hold" not in found[0]


@pytest.mark.parametrize(("failures", "is_valid"), [(2, True), (3, False)])
def test_the_error_budget_is_a_tenth_of_a_percent(failures: int, is_valid: bool) -> None:
    found = problems(replace(GOOD, failures=failures, top_error="feed: 503"))
    assert (found == []) is is_valid
    if found:
        assert "feed: 503" in found[0]


def starts(**change: int) -> dict[str, Any]:
    """Return a change of how the open load kept to its plan."""
    return {"starts": replace(OPEN.starts, **change)}  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("window", "change", "word"),
    [
        (GOOD, {"requests": 0}, "no request"),
        (GOOD, {"verify": ["web-2: wrong body"]}, "responses: web-2: wrong body"),
        (GOOD, {"generator_cpu_ratio": 0.71}, "load generator: used 71%"),
        (GOOD, {"generator_lag_p99_ms": 60.0}, "load generator: its event loop"),
        (GOOD, {"host_idle_ratio": 0.09}, "host-bound"),
        (GOOD, {"host_steal_ratio": 0.02}, "machine: other virtual machines"),
        (GOOD, {"writes": MAX_WRITES + 1}, "data set: "),
        (GOOD, {"asked": replace(CLOSED, is_writing=True), "writes": MAX_WRITES_BEFORE_WRITES + 1}, "data set: "),
        (GOOD, {"balancer_requests": 2_031}, "count: HAProxy counted 2,031 requests, the load generator 2,000: some"),
        (GOOD, {"balancer_requests": 1_969}, "did not reach it"),
        (GOOD, {"replicas": {"web-1": 1_300, "web-2": 700}}, "balance: web-1 answered 1,300, web-2 answered 700"),
        (GOOD, {"mix": {"read": 0.79, "write": 0.21}}, "mix: "),
        (GOOD, {"mean_ms": 180.0}, "Little's law: 20 users, and 18.0 by"),
        (GOOD, {"steady": "steady state: x"}, "steady state: x"),
        (OPEN, starts(late=21), "load generator: 21 of 2,000 actions started more than 5 ms late"),
        (OPEN, starts(dropped=3), "dropped: 3 of 2,000"),
        (OPEN, {"actions": 1_900}, "overloaded: 1,900 of 2,000"),
    ],
)  # fmt: skip
def test_each_gate(window: Window, change: dict[str, Any], word: str) -> None:
    found = problems(replace(window, **change))
    assert len(found) == 1, found
    assert word in found[0]


def test_too_few_requests() -> None:
    window = replace(GOOD, requests=20, actions=20, balancer_requests=20, replicas={}, mean_ms=20_000.0)
    assert problems(window)[0].startswith("too few requests: 20")


@pytest.mark.parametrize(
    "change",
    [
        {"host_idle_ratio": None, "host_steal_ratio": None},
        {"balancer_requests": None},
        {"generator_lag_p99_ms": None},
        {"writes": None},
        {"mix": MIX, "asked": replace(CLOSED, web=("web-1",)), "replicas": {"web-1": 2_000}},
        {"asked": replace(CLOSED, shares="source"), "replicas": {"web-1": 2_000, "web-2": 0}},
        {"asked": replace(CLOSED, is_cold=True), "steady": "steady state: filling"},
        {"asked": replace(CLOSED, is_writing=True), "writes": MAX_WRITES + 1},
    ],
)
def test_what_is_not_known_or_not_wanted_is_no_reason(change: dict[str, Any]) -> None:
    assert problems(replace(GOOD, **change)) == []


def test_a_window_with_errors_is_not_blamed_for_what_follows_from_them() -> None:
    window = replace(GOOD, failures=1_000, top_error="feed: 503", steady="steady state: x")
    assert [problem.split(":")[0] for problem in problems(window)] == ["errors"]


def test_every_gate_says_why_it_is_one() -> None:
    assert all(gate.__doc__ for gate in GATES)
