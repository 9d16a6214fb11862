"""The plan that suits a machine."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.demand import GENERATOR_RATIO
from lab.model.fit import Room, fit
from lab.model.gates import MAX_GENERATOR_RATIO
from lab.model.plan import MIB
from lab.model.stages import LADDER
from lab.model.suggest import HEADROOM, Suggestion, generator_keeps_up, suggest
from lab.model.topology import resolve
from lab.model.topology_file import typed

GIB = 1024 * MIB


def room(cores: int, gib: float, free_gib: float) -> Room:
    return Room(cores=cores, memory_bytes=round(gib * GIB), memory_free_bytes=round(free_gib * GIB))


MACHINES = {
    "2-core laptop": room(2, 8, 5),
    "Docker Desktop": room(2, 4, 3.2),
    "4-core laptop": room(4, 16, 10),
    "16-core workstation": room(16, 64, 50),
    "1 core": room(1, 2, 1.2),
}


@pytest.mark.parametrize(
    ("machine", "up", "sweep", "copies", "limited_by"),
    [
        ("2-core laptop", "lab up", "1..8", 2, "cores"),
        ("Docker Desktop", "lab up", "1..8", 2, "cores"),
        ("4-core laptop", "lab up --web-cpu 0.25 --db-cpu 0.75 --db-replica-cpu 0.375", "1..8", 2, "cores"),
        (
            "16-core workstation",
            "lab up --web-cpu 0.4 --db-cpu 1.2 --db-replica-cpu 0.6",
            "1..8",
            8,
            "load generator",
        ),
        ("1 core", "lab up --db-replicas 1", "1..4", 1, "memory"),
    ],
)
def test_golden(machine: str, up: str, sweep: str, copies: int, limited_by: str) -> None:
    plan = suggest(MACHINES[machine])
    assert plan is not None
    assert plan.up == up
    assert plan.sweep == f"lab sweep read-heavy --replicas {sweep}"
    assert plan.max_db_replicas == copies
    assert plan.limited_by == limited_by


def test_the_smallest_machine_gets_the_smallest_lab_and_one_below_none() -> None:
    plan = suggest(Room(cores=1, memory_bytes=512 * MIB, memory_free_bytes=440 * MIB))
    assert plan is not None
    assert (plan.up, plan.sweep) == ("lab up --stage single", "lab bench read-heavy")
    assert suggest(Room(cores=1, memory_bytes=512 * MIB, memory_free_bytes=300 * MIB)) is None


def test_the_sentence_says_what_fits_and_what_forbids_more() -> None:
    plan = suggest(MACHINES["16-core workstation"])
    assert plan is not None
    assert "up to 8 web replicas and up to 8 read replicas fit" in plan.sentence
    assert "load generator" in plan.sentence
    assert plan.as_document()["web_cpu_cores"] == 0.4


def options_in(command: str) -> dict[str, object]:
    words = shlex.split(command)[2:]
    keys = [word.removeprefix("--").replace("-", "_") for word in words[::2]]
    return {key: typed(key, word) for key, word in zip(keys, words[1::2], strict=True)}


def size(plan: Suggestion | None) -> tuple[float, ...]:
    """Return what must never shrink on a bigger machine."""
    if plan is None:
        return (-1, 0, 0, 0, 0, 0, 0)
    t = plan.topology
    stage = LADDER.index("replicated" if t.stage == "full" else t.stage)
    return (stage, t.replicas, t.db_replicas, t.web_cpu, t.db_cpu, t.db_replica_cpu, int(t.store == "s3"))


rooms = st.builds(
    Room, cores=st.integers(1, 256), memory_bytes=st.just(2**42), memory_free_bytes=st.integers(0, 2**35),
    disk_free_bytes=st.none() | st.integers(0, 2**36),
)  # fmt: skip


@given(rooms)
def test_it_always_fits_the_machine_that_it_is_for(machine: Room) -> None:
    plan = suggest(machine)
    if plan is None:
        assert not fit(resolve({"stage": "single"}), machine, is_measured=True).is_ok
        return
    for copies in {plan.topology.db_replicas, plan.max_db_replicas}:
        options = {**options_in(plan.up), "replicas": plan.topology.replicas, "db_replicas": copies}
        typed_by_hand = resolve(options)
        assert fit(typed_by_hand, machine, is_measured=True).is_ok
        assert generator_keeps_up(typed_by_hand)


@given(rooms, st.integers(0, 64), st.integers(0, 2**34), st.integers(0, 2**34))
def test_a_bigger_machine_never_gets_a_smaller_plan(
    machine: Room, cores: int, memory: int, disk: int
) -> None:
    bigger = Room(
        cores=machine.cores + cores,
        memory_bytes=machine.memory_bytes,
        memory_free_bytes=machine.free_bytes + memory,
        disk_free_bytes=None if machine.disk_free_bytes is None else machine.disk_free_bytes + disk,
    )
    assert all(b >= a for a, b in zip(size(suggest(machine)), size(suggest(bigger)), strict=True))


@given(rooms)
def test_the_calibrated_proportions_are_kept(machine: Room) -> None:
    plan = suggest(machine)
    if plan is not None:
        t = plan.topology
        assert t.db_cpu == pytest.approx(3.0 * t.web_cpu)
        assert t.db_replica_cpu == pytest.approx(1.5 * t.web_cpu)


def test_the_largest_shares_are_those_that_the_generator_can_load() -> None:
    plan = suggest(room(256, 512, 500))
    assert plan is not None
    t = plan.topology
    half = MAX_GENERATOR_RATIO / HEADROOM
    assert t.replicas * t.web_cpu * GENERATOR_RATIO <= half
    assert t.replicas * (t.web_cpu + 0.05) * GENERATOR_RATIO > half
