"""When a replica counts as serving. HAProxy is a fake: the real one's checks and look-ups cannot be
ordered to be late.

tests/integration/test_balancer_ask.py, test_stages.py and test_lifecycle.py ask the real one; test_taking_in.py has
what else runs inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab.errors import TierUnhealthy
from lab.model.topology import resolve
from lab.workflows.balancer import READY_S, verify_replicas
from lab.workflows.context import Context

TOPOLOGY = resolve({"stage": "balanced", "replicas": 2})
ANSWERS = "HTTP/1.1 200 OK\nX-Replica: web-1\nHTTP/1.1 200 OK\nX-Replica: web-2\n"
LAB = SimpleNamespace(container=lambda _service: SimpleNamespace(id="b"))


@dataclass
class HAProxy:
    """Shows web-2 as each of `looks` in turn, and the last of them for ever; web-1 is always well."""

    looks: list[tuple[str, str]]
    answers: str = ANSWERS
    told: list[str] = field(default_factory=list)
    at_s: float = 0.0

    def run_in(self, _container: str, command: Sequence[str], *, timeout_s: float) -> str:
        assert timeout_s <= 3 * READY_S
        if command[0] == "sh":
            self.told += [f"{name} ready" for name in command[4:]]
            return ""
        assert command[0] == "balancer-ask"
        status, check = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        rows = f"web,web-1,UP,L7OK\nweb,web-2,{status},{check}\nweb,BACKEND,UP,\n"
        answers = self.answers if int(command[1]) else ""
        return f"{answers}== statistics\n\n\n# pxname,svname,status,check_status\n{rows}"

    def monotonic_s(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.at_s += seconds


def _context(haproxy: HAProxy) -> Context:
    return cast("Context", SimpleNamespace(engine=haproxy, clock=haproxy))


def _verify(haproxy: HAProxy) -> None:
    verify_replicas(_context(haproxy), cast("Any", LAB), TOPOLOGY)


def test_passed_checks_are_enough() -> None:
    haproxy = HAProxy([("UP", "L7OK")])
    _verify(haproxy)
    assert (haproxy.told, haproxy.at_s) == ([], 0.0)


@pytest.mark.parametrize(
    "look",
    [
        ("UP 1/2", "INI"),  # what HAProxy takes a new address for
        ("UP 1/2", "L4TOUT"),
        ("DOWN", "L4TOUT"),
        ("MAINT (resolution)", "INI"),
        ("no check", ""),
    ],
)
def test_anything_else_is_waited_for(look: tuple[str, str]) -> None:
    haproxy = HAProxy([look, look, ("UP", "L7OK")])
    _verify(haproxy)
    assert haproxy.told == []
    assert haproxy.at_s > 0


def test_a_replica_left_draining_is_taken_back() -> None:
    haproxy = HAProxy([("DRAIN", "L7OK"), ("UP", "L7OK")])
    _verify(haproxy)
    assert haproxy.told == ["web-2 ready"]


def test_one_that_never_passes_or_never_answers_is_named() -> None:
    silent = ANSWERS.replace("web-2", "web-1")
    for haproxy in (HAProxy([("DOWN", "L4CON")]), HAProxy([("UP", "L7OK")], silent)):
        with pytest.raises(TierUnhealthy, match="web: web-2 did not answer"):
            _verify(haproxy)
        assert haproxy.at_s >= READY_S
        assert haproxy.told == []
