"""How many processes of the load generator a window gets."""

from __future__ import annotations

import dataclasses

import pytest

from lab.model.generator import MAX_PROCESSES, ROOM, after, allowed, at_rate
from lab.report.text import bench_lines
from lab.report.validity import gate_rows
from probe.job import MAX_PROCESSES as PROBES_MAX
from tests.unit.run_samples import bench


@pytest.mark.parametrize(
    ("rate_rps", "ceiling_rps", "processes"),
    [(100, 2000, 1), (1600, 2000, 1), (1601, 2000, 2), (5000, 2000, 4), (5000, None, 1), (1, 2000, 1)],
)
def test_an_open_load_is_shared_by_the_ceiling(
    rate_rps: float, ceiling_rps: float | None, processes: int
) -> None:
    assert ROOM == 0.8
    assert at_rate(rate_rps, ceiling_rps) == processes


@pytest.mark.parametrize(
    ("busiest_ratio", "cores", "processes", "wanted"),
    [(0.70, 0.70, 1, 1), (0.71, 0.71, 1, 2), (1.0, 1.0, 1, 2), (0.9, 1.75, 2, 4), (0.75, 0.9, 2, 3)],
)
def test_a_window_without_room_wants_more(
    busiest_ratio: float, cores: float, processes: int, wanted: int
) -> None:
    assert after(busiest_ratio, cores, processes) == wanted


def test_there_are_at_most_as_many_as_cores_users_and_the_probe_allows() -> None:
    assert allowed(2, users=64) == 2
    assert allowed(64, users=None) == MAX_PROCESSES == PROBES_MAX
    assert allowed(8, users=3) == 3
    assert allowed(1, users=64) == 1


def test_several_processes_are_disclosed() -> None:
    run = bench(repeat=2)
    assert not any("processes" in line for line in bench_lines(run))
    points = [
        dataclasses.replace(
            point,
            measurements=[
                dataclasses.replace(m, generator_processes=2, generator_cpu_ratio=0.45)
                for m in point.measurements
            ],
        )
        for point in run.points
    ]
    run = dataclasses.replace(run, points=points)
    assert "load generator: 2 processes, the busiest used 45 % of a core" in bench_lines(run)
    assert "45 %, the busiest of 2" in gate_rows(run)[1][0]
