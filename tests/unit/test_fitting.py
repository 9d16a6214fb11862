"""The plan is compared with the engine's machine before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.adapters import room as room_adapter
from lab.errors import MachineNotReady
from lab.model.fit import Room
from lab.model.images import IMAGES
from lab.model.plan import MIB
from lab.model.topology import Topology, resolve
from lab.workflows import fitting
from lab.workflows.fitting import require_fit, require_fits
from tests.unit.test_repeat import lab_of

LAPTOP = Room(cores=2, memory_bytes=8192 * MIB, memory_free_bytes=5000 * MIB, disk_free_bytes=20_000 * MIB)


@dataclass
class World:
    """A machine, its engine's images, and what was said."""

    found: Room = LAPTOP
    images_there: bool = True
    said: list[str] = field(default_factory=list)

    def room(self) -> Room:
        return self.found

    def inspect(self, references: Sequence[str]) -> dict[str, Any]:
        return dict.fromkeys(references) if self.images_there else {}

    def warn(self, text: str) -> None:
        self.said.append(text)

    def __getattr__(self, _name: str) -> World:
        return self


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch) -> list[Topology]:
    """The running lab, if one is put in."""
    found: list[Topology] = []
    monkeypatch.setattr(fitting, "running_lab", lambda _ctx: lab_of(found[0]) if found else None)
    return found


def test_what_fits_is_silent() -> None:
    world = World()
    assert require_fit(world, resolve({}), scenario="read-heavy").is_ok  # type: ignore[arg-type]
    assert world.said == []


def test_a_sweep_names_its_host_bound_points_at_once() -> None:
    world = World()
    points = {n: resolve({"replicas": n}) for n in (1, 2, 4, 8, 12, 16)}
    fits = require_fits(world, points, factor="replicas", scenario="read-heavy")  # type: ignore[arg-type]
    assert [n for n, fit in fits.items() if fit.host_bound] == [12, 16]
    assert len(world.said) == 1
    assert world.said[0].startswith(
        "replicas 12, 16 would be host-bound on this machine: at 12, under read-heavy"
    )
    assert "lab doctor" in world.said[0]


def test_no_room_is_exit_3_with_need_have_and_what_to_do() -> None:
    world = World(found=Room(cores=2, memory_bytes=2048 * MIB, memory_free_bytes=700 * MIB))
    with pytest.raises(MachineNotReady) as caught:
        require_fit(world, resolve({}))  # type: ignore[arg-type]
    assert caught.value.exit_code == 3
    assert "needs about 1,210 MiB; 700 of 2,048 MiB are free" in caught.value.message
    assert "--stage balanced" in caught.value.hint


def test_a_sweep_without_room_names_the_points() -> None:
    world = World(found=Room(cores=8, memory_bytes=4096 * MIB, memory_free_bytes=1600 * MIB))
    points = {n: resolve({"db_replicas": n}) for n in (0, 1, 2, 4)}
    with pytest.raises(MachineNotReady) as caught:
        require_fits(world, points, factor="db_replicas", scenario="read-heavy")  # type: ignore[arg-type]
    assert "db-replicas 4: memory: it needs" in caught.value.message
    assert "db-replicas 2" not in caught.value.message


def test_what_runs_is_not_counted_twice(running: list[Topology]) -> None:
    world = World(found=Room(cores=2, memory_bytes=2048 * MIB, memory_free_bytes=200 * MIB))
    running.append(resolve({}))
    assert require_fit(world, resolve({}), scenario="read-heavy").is_ok  # type: ignore[arg-type]


def test_images_that_would_be_built_need_disk() -> None:
    world = World(found=Room(cores=2, memory_bytes=8192 * MIB, disk_free_bytes=2000 * MIB))
    assert require_fit(world, resolve({})).is_ok  # type: ignore[arg-type]
    world.images_there = False
    with pytest.raises(MachineNotReady, match="for images"):
        require_fit(world, resolve({}))  # type: ignore[arg-type]


MEMINFO = "MemTotal:        4015376 kB\nMemFree:          301000 kB\nMemAvailable:    2048000 kB\n"
DF = "Filesystem     1024-blocks     Used Available Capacity Mounted on\noverlay           61255492 20971520  37137972      37% /\n"


def test_an_engine_elsewhere_is_looked_at_from_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded from `cat /proc/meminfo; df -Pk /` in a container."""
    asked: list[list[str]] = []

    def run(argv: list[str], **_: object) -> str:
        asked.append(argv)
        return f"{MEMINFO}==\n{DF}" if argv[1] == "run" else "sha256:1\n"

    monkeypatch.setattr(room_adapter, "run", run)
    assert room_adapter.free_there() == {
        "disk_free_bytes": 37137972 * 1024,
        "memory_free_bytes": 2048000 * 1024,
    }
    assert IMAGES["base"].reference in asked[-1]
    assert asked[-1][asked[-1].index("--network") + 1] == "none"


def test_where_no_container_can_be_started_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_adapter, "run", lambda *_args, **_kwargs: "")
    assert room_adapter.free_there() == {}
    assert room_adapter.sample_there() == {}
