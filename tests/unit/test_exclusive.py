"""One command at a time: who waits, who is refused, and what happens where no lock can be had."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.errors import BadInput, LabBusy
from lab.model.holder import Holder
from lab.workflows.exclusive import PATIENCE_S, exclusively


def holder(command: str = "up", *, is_alive: bool = True) -> Holder:
    return Holder(pid=123, command=command, since="12:03:04", is_alive=is_alive)


class World:
    """A context with a lock that answers from a list, and a clock that only moves when somebody sleeps."""

    def __init__(self, *answers: Holder | OSError | None, foreign: list[str] | None = None) -> None:
        self.orphans_of: list[str] = []
        self.answers, self.released, self.said, self.now_s = list(answers), [], [], 0.0
        self.ctx = SimpleNamespace(
            lab="lab",
            locks=self,
            clock=self,
            reporter=self,
            probe=SimpleNamespace(remove_orphans=self.orphans_of.append),
            engine=SimpleNamespace(foreign=lambda lab: foreign or []),
        )

    def take(self, lab: str, command: str) -> Holder | None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer

    def release(self, lab: str) -> None:
        self.released.append(lab)

    def monotonic_s(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def info(self, text: str) -> None:
        self.said.append(text)

    warn = info


def test_a_free_lab_is_taken_and_given_back() -> None:
    world = World(None)
    with exclusively(world.ctx, "up"):
        assert world.released == []
    assert (world.released, world.said, world.orphans_of) == (["lab"], [], ["lab"])


def test_it_is_given_back_when_the_command_fails() -> None:
    world = World(None)
    with pytest.raises(ZeroDivisionError), exclusively(world.ctx, "up"):
        raise ZeroDivisionError
    assert world.released == ["lab"]


def test_the_second_up_waits_and_says_for_whom() -> None:
    world = World(holder(), holder(), None)
    with exclusively(world.ctx, "up"):
        pass
    assert world.said == ['waiting for `lab up` (process 123, since 12:03:04) in lab "lab"']
    assert 0 < world.now_s < 1


def test_waiting_has_an_end() -> None:
    world = World(holder())
    with pytest.raises(LabBusy, match="in use by `lab up`"), exclusively(world.ctx, "down"):
        pytest.fail("it must not be entered")
    assert PATIENCE_S <= world.now_s < PATIENCE_S + 1


@pytest.mark.parametrize("command", ["bench", "sweep", "demo"])
def test_nobody_waits_for_a_measurement(command: str) -> None:
    world = World(holder(command))
    with pytest.raises(LabBusy) as caught, exclusively(world.ctx, "scale"):
        pytest.fail("it must not be entered")
    assert caught.value.exit_code == 3
    assert f"`lab {command}` (process 123, since 12:03:04)" in caught.value.message
    assert "kill 123" in caught.value.hint
    assert world.now_s == 0


def test_what_a_killed_bench_left_is_waited_for() -> None:
    world = World(holder("bench", is_alive=False), None)
    with exclusively(world.ctx, "up"):
        pass
    assert "what a killed `lab bench` left" in world.said[0]


def test_a_lock_that_does_not_say_whose_it_is() -> None:
    world = World(holder(""))
    with pytest.raises(LabBusy) as caught, exclusively(world.ctx, "up"):
        pytest.fail("it must not be entered")
    assert "another command" in caught.value.message
    assert "kill" not in caught.value.hint


def test_without_a_lock_the_command_runs_and_warns() -> None:
    world = World(OSError(30, "Read-only file system", "/home/x/.cache"))
    with exclusively(world.ctx, "up"):
        pass
    assert "no lock (Read-only file system: /home/x/.cache)" in world.said[0]


def test_a_project_of_somebody_else_is_left_alone() -> None:
    world = World(None, foreign=["lab-a-1", "lab-b-1", "lab_default", "lab_x"])
    with pytest.raises(BadInput) as caught, exclusively(world.ctx, "down"):
        pytest.fail("it must not be entered")
    assert "lab-a-1, lab-b-1, lab_default and 1 more" in caught.value.message
    assert "--lab NAME" in caught.value.hint
    assert world.released == ["lab"]
