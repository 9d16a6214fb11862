"""Whether a topology fits a machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.demand import busy_cores
from lab.model.fit import DISK_RESERVE_BYTES, Room, fit
from lab.model.plan import GENERATOR_MEMORY_BYTES, MIB, lab_disk_bytes, needs
from lab.model.stages import LADDER
from lab.model.topology import resolve

LAPTOP = Room(cores=2, memory_bytes=8192 * MIB, memory_free_bytes=6000 * MIB, disk_free_bytes=20_000 * MIB)


@pytest.mark.parametrize("stage", LADDER)
def test_every_stage_fits_a_two_core_laptop(stage: str) -> None:
    assert fit(resolve({"stage": stage}), LAPTOP, is_measured=True).is_ok


def test_eight_replicas_fit_two_cores_and_sixteen_do_not() -> None:
    assert fit(resolve({"replicas": 8}), LAPTOP).is_ok
    sixteen = resolve({"stage": "cached", "store": "local", "replicas": 16})
    found = fit(sixteen, LAPTOP)
    assert found.host_bound == (
        f"under read-heavy about {busy_cores(sixteen):.2f} cores would be busy, and 1.80 of 2 are usable"
        " (CPU shares: web 16 x 0.1, db-primary 0.3)"
    )
    assert not found.refused  # it may be started: only its figures would mislead


# Measured at eight replicas of the full lab on two cores: docs/adr/0012.
@pytest.mark.parametrize(
    ("scenario", "is_bound"), [("read-heavy", False), ("media", True), ("an-own-one", True)]
)
def test_whether_eight_replicas_are_host_bound_depends_on_the_scenario(scenario: str, is_bound: bool) -> None:
    assert bool(fit(resolve({"replicas": 8}), LAPTOP, scenario=scenario).host_bound) is is_bound


def test_the_expected_cores_are_near_the_measured_ones() -> None:
    assert busy_cores(resolve({"replicas": 2})) == pytest.approx(0.47, abs=0.05)
    assert busy_cores(resolve({"replicas": 8})) == pytest.approx(1.38, abs=0.05)
    assert busy_cores(resolve({"replicas": 8}), "media") == pytest.approx(1.84, abs=0.1)


def test_without_the_cache_the_database_binds_and_the_web_tier_is_not_full() -> None:
    off, on = resolve({"replicas": 8, "cache": "off", "db_replicas": 0}), resolve({"replicas": 8})
    assert busy_cores(off) < busy_cores(on)
    assert busy_cores(resolve({"replicas": 8, "cache": "off", "db_replicas": 2})) > busy_cores(off)


def test_too_little_memory_is_refused_with_need_have_and_advice() -> None:
    room = Room(cores=8, memory_bytes=2048 * MIB, memory_free_bytes=900 * MIB)
    found = fit(resolve({}), room)
    assert found.refused == (
        (
            f"memory: it needs about {needs(resolve({})).memory_bytes / MIB:,.0f} MiB; 900 of 2,048 MiB are free on the"
            " engine's machine"
        ),
    )
    assert "--stage cached" in found.advice
    assert "lab down --all" in found.advice


def test_where_free_memory_is_unknown_the_total_counts() -> None:
    assert fit(resolve({}), Room(cores=8, memory_bytes=1024 * MIB)).refused
    assert fit(resolve({}), Room(cores=8, memory_bytes=4096 * MIB)).is_ok


def test_what_runs_already_needs_no_memory_again() -> None:
    full, room = resolve({}), Room(cores=8, memory_bytes=2048 * MIB, memory_free_bytes=300 * MIB)
    assert fit(full, room).refused
    assert fit(full, room, running=full).is_ok
    more = fit(resolve({"db_replicas": 4}), room, running=full)
    assert "540 MiB more" in more.refused[0]


def test_the_load_generator_needs_memory_of_its_own() -> None:
    topology = resolve({"stage": "single"})
    room = Room(cores=8, memory_bytes=2048 * MIB, memory_free_bytes=needs(topology).memory_bytes)
    assert fit(topology, room).is_ok
    assert fit(topology, room, is_measured=True).refused
    spare = Room(cores=8, memory_bytes=2048 * MIB, memory_free_bytes=GENERATOR_MEMORY_BYTES)
    assert fit(topology, spare, running=topology, is_measured=True).is_ok


def test_disk_for_volumes_logs_and_missing_images() -> None:
    topology = resolve({})
    exact = lab_disk_bytes(topology) + DISK_RESERVE_BYTES
    assert fit(topology, Room(cores=8, memory_bytes=8192 * MIB, disk_free_bytes=exact)).is_ok
    room = Room(cores=8, memory_bytes=8192 * MIB, disk_free_bytes=exact - 1)
    found = fit(topology, room)
    assert "disk: it needs about" in found.refused[0]
    assert "docker system df" in found.advice
    assert fit(topology, room, running=topology).is_ok  # nothing more is written: nothing to refuse
    enough = Room(cores=8, memory_bytes=8192 * MIB, disk_free_bytes=exact)
    assert "for images" in fit(topology, enough, missing_images=["store"]).refused[0]


def test_all_refusals_come_at_once() -> None:
    room = Room(cores=1, memory_bytes=512 * MIB, memory_free_bytes=10 * MIB, disk_free_bytes=MIB)
    found = fit(resolve({"replicas": 8}), room)
    assert [problem.split(":")[0] for problem in found.refused] == ["memory", "disk"]
    assert found.host_bound


topologies = st.builds(
    lambda stage, replicas, db, store: resolve(
        {
            "stage": stage, "replicas": replicas if stage != "single" else 1,
            "db_replicas": db, "store": store,
        }
    ),
    st.sampled_from(LADDER), st.integers(1, 32), st.integers(0, 8), st.sampled_from(["s3", "local"]),
)  # fmt: skip
rooms = st.builds(
    Room, cores=st.integers(1, 256), memory_bytes=st.integers(256 * MIB, 2**40),
    memory_free_bytes=st.none() | st.integers(0, 2**40), disk_free_bytes=st.none() | st.integers(0, 2**42),
)  # fmt: skip


@given(topologies, rooms, st.integers(0, 64), st.integers(0, 2**34), st.integers(0, 2**34))
def test_a_bigger_machine_never_refuses_more(topology, room, cores, memory, disk) -> None:  # type: ignore[no-untyped-def]
    bigger = Room(
        cores=room.cores + cores,
        memory_bytes=room.memory_bytes + memory,
        memory_free_bytes=None if room.memory_free_bytes is None else room.memory_free_bytes + memory,
        disk_free_bytes=None if room.disk_free_bytes is None else room.disk_free_bytes + disk,
    )
    before, after = fit(topology, room), fit(topology, bigger)
    assert bool(after.host_bound) <= bool(before.host_bound)
    assert len(after.refused) <= len(before.refused)
    assert bool(before.refused) == bool(before.advice)
