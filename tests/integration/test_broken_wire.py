"""The engine goes away in the middle: a real engine behind a wire that is cut. Exit code 3, a sentence, no halves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Command, containers, eventually_none, processes_about, temporary_folders, traces
from tests.docker_lab import lab, lab_json, own, running
from tests.wire import Wire

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as wire:
        yield wire


def ended_well(command: Command) -> None:
    """Check the exit code and the sentence of a command that lost its engine."""
    code = command.ends()
    assert code == 3, command.err
    assert "error: " in command.err
    assert "hint: " in command.err
    assert temporary_folders(command.pid) == []


@pytest.mark.parametrize("instant", ["creating", "starting"])
def test_up(wire: Wire, instant: str) -> None:
    name = own("cut-up")
    try:
        command = Command("up", "--stage", "balanced", "--lab", name, env={"DOCKER_HOST": wire.host})
        command.reaches(
            (lambda: bool(containers(name)))
            if instant == "creating"
            else (lambda: len(containers(name)) >= 4)
        )
        wire.cut()
        ended_well(command)
        assert eventually_none(lambda: processes_about(name)) == []
        if instant == "starting":  # the engine is back: the same command goes on
            lab("up", "--stage", "balanced", "--lab", name)
            lab("status", "--lab", name)
    finally:
        lab("down", "--volumes", "--lab", name)
    assert traces(name) == []


def test_bench_scale_and_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = own("cut")
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    with running(name, "--stage", "balanced"):
        with Wire() as wire:
            command = Command(
                "bench", "read-heavy", "--users", "4", "--lab", name, env={"DOCKER_HOST": wire.host}
            )
            command.reaches(lambda: any("-probe-" in container for container in containers(name)))
            command.reaches(", measure, ")
            wire.cut()
            ended_well(command)
        assert not list((tmp_path / ".lab").glob("runs/*"))  # nothing half-written
        with Wire() as wire:
            command = Command("scale", "web=1", "--lab", name, env={"DOCKER_HOST": wire.host})
            command.reaches("replicas: 3 → 1")
            wire.cut()
            ended_well(command)
        # the engine is back: the next command mends what is left, the measuring container included
        document = lab_json("up", "--stage", "balanced", "--lab", name)
        assert len([c for c in document["containers"] if c["tier"] == "web"]) == 3
        done = lab_json("bench", "read-heavy", "--users", "4", "--duration", "4s", "--lab", name, check=False)
        assert done["points"][0]["measurements"][0]["requests"] > 0
        with Wire() as wire:
            command = Command("down", "--lab", name, env={"DOCKER_HOST": wire.host})
            command.reaches(lambda: len(containers(name)) < 5)
            wire.cut()
            assert command.ends() in {3, 0}
    assert traces(name) == []
