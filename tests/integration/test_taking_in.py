"""When a new replica gets requests: what `enable` runs inside the balancer, by a real shell.

HAProxy and the name service are stand-ins here: the real ones cannot be ordered to be late. test_lifecycle.py scales
the real one under load.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab.workflows.balancer import READY_S, enable
from lab.workflows.context import Context

STAND_INS = {
    "getent": 'case "$2" in web-2) echo "10.0.0.2 STREAM web-2"; echo "10.0.0.2 DGRAM";; web-3) echo "10.0.0.3 S";; esac',
    # Each look takes the next of HAProxy's answers, and the last for ever.
    "balancer-admin": """
        echo "$1" >> "$ROOM/told"
        case "$1" in show*)
            cat "$ROOM/answers/$(ls "$ROOM/answers" | head -n 1)"
            [ "$(ls "$ROOM/answers" | wc -l)" = 1 ] || rm "$ROOM/answers/$(ls "$ROOM/answers" | head -n 1)"
        esac""",
    "sleep": 'echo "sleep $1" >> "$ROOM/told"',
}


class Balancer:
    """An engine whose only container is a folder of stand-ins."""

    def __init__(self, room: Path, answers: Sequence[str]) -> None:
        self._room = room
        (room / "answers").mkdir()
        for number, rows in enumerate(answers):
            (room / f"answers/{number:03}").write_text(f"1\n# be_id be_name srv_id srv_name srv_addr\n{rows}")
        for name, text in STAND_INS.items():
            (room / name).write_text(f"#!/bin/sh\n{text}\n")
            (room / name).chmod(0o755)

    def run_in(self, _container: str, argv: Sequence[str], *, timeout_s: float) -> str:
        env = {"PATH": f"{self._room}:{os.environ['PATH']}", "ROOM": str(self._room)}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=timeout_s, check=True)
        assert done.stderr == ""
        return done.stdout

    def told(self) -> list[str]:
        return (self._room / "told").read_text().splitlines()


def _row(name: str, address: str) -> str:
    return f"3 web 2 {name} {address} 2 0 1 1 0\n"


def _take_in(room: Path, names: Sequence[str], answers: Sequence[str]) -> list[str]:
    balancer = Balancer(room, answers)
    lab = SimpleNamespace(container=lambda _service: SimpleNamespace(id="b"))
    enable(cast("Context", SimpleNamespace(engine=balancer)), cast("Any", lab), names)
    return balancer.told()


LOOK = "show servers state web"


def test_a_known_address_is_ready_after_one_look(tmp_path: Path) -> None:
    told = _take_in(tmp_path, ["web-2"], [_row("web-2", "10.0.0.2")])
    assert told == [LOOK, "set server web/web-2 state ready"]


@pytest.mark.parametrize("early", ["-", "10.0.0.9", "10.0.0.22", "110.0.0.2"], ids=str)
def test_no_address_and_another_one_are_waited_for(tmp_path: Path, early: str) -> None:
    told = _take_in(tmp_path, ["web-2"], [_row("web-2", early)] * 2 + [_row("web-2", "10.0.0.2")])
    assert told == [LOOK, "sleep 0.1", LOOK, "sleep 0.1", LOOK, "set server web/web-2 state ready"]


def test_all_are_ready_when_the_last_is_known(tmp_path: Path) -> None:
    first, both = _row("web-2", "10.0.0.2"), _row("web-2", "10.0.0.2") + _row("web-3", "10.0.0.3")
    told = _take_in(tmp_path, ["web-2", "web-3"], [first, first, both])
    ready = [f"set server web/{name} state ready" for name in ("web-2", "web-3")]
    assert told == [LOOK, LOOK, "sleep 0.1", LOOK, *ready]


@pytest.mark.parametrize("name", ["web-2", "web-9"], ids=["HAProxy has none", "the name service has none"])
def test_an_address_that_never_comes_ends_the_waiting_but_not_the_replica(tmp_path: Path, name: str) -> None:
    told = _take_in(tmp_path, [name, "web-3"], [_row("web-3", "10.0.0.3") + _row("web-9", "-")])
    assert told.count("sleep 0.1") == READY_S / 0.1
    assert told[-2:] == [f"set server web/{one} state ready" for one in (name, "web-3")]
