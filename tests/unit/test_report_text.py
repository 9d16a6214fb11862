"""The terminal's lines: they fit, they carry units, and an INVALID point is never drawn."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.run import Interval, Run
from lab.report.bars import bar, plain_ascii
from lab.report.listing import age, throughput_cell
from lab.report.text import TIER_HEADER, bench_lines, curve_lines, next_command, quote_line, tier_rows
from tests.unit.run_samples import bench, replica_sweep, stage_sweep, user_sweep

SWEEPS = {"replicas": replica_sweep, "stage": stage_sweep, "users": user_sweep}


def _quoted(run: Run, mean: float, half: float, p95: float) -> Run:
    """Return the bench with round figures: 14,460 requests in five windows."""
    counts = (2892, 2892, 2892, 2892, 2892)
    measurements = [
        dataclasses.replace(m, requests=n) for m, n in zip(run.points[0].measurements, counts, strict=True)
    ]
    point = dataclasses.replace(
        run.points[0],
        measurements=measurements,
        throughput=Interval(mean=mean, half_width=half, n=5),
        p95=Interval(mean=p95, half_width=9.0, n=5),
    )
    return dataclasses.replace(run, points=(point,))


def test_the_last_screen_of_a_bench_is_the_one_that_people_quote() -> None:
    assert bench_lines(_quoted(bench(), 241.2, 6.3, 182.0), ".lab/runs/x/report.html") == [
        "read-heavy · 3 web · 241 ± 6 req/s (95 %, n=5) · p95 182 ms · 0 of 14,460 failed · VALID",
        "limit: web CPU, 97% of its quota; next: db-primary",
        "this machine only: shape, order of bottlenecks and ratios transfer; absolute numbers do not",
        "report: .lab/runs/x/report.html     next: lab scale web=4",
    ]


def test_a_single_window_claims_no_interval() -> None:
    assert "req/s (n=1, no interval)" in quote_line(bench(repeat=1))


def test_an_invalid_bench_says_so_and_suggests_no_step() -> None:
    run = bench(repeat=1, problems=["errors: too many"], failures=30)
    lines = bench_lines(run)
    assert lines[0].endswith("30 of 1,424 failed · INVALID")
    assert "no valid throughput" in lines[0]
    assert not any(line.startswith(("limit", "next")) for line in lines)


@pytest.mark.parametrize(
    ("limit", "topology", "step"),
    [
        ("web CPU, 97% of its quota", {}, "lab scale web=4"),
        ("web CPU, 97% of its quota", {"balance": "none"}, "lab up --stage balanced"),
        ("db-replica CPU, 97% of its quota", {}, "lab scale db-replica=3"),
        ("db-primary CPU, 97% of its quota", {"cache": "off"}, "lab up --stage cached"),
        ("db-primary CPU, 97% of its quota", {}, ""),
        ("no tier's CPU is at its quota (highest: web, 40%)", {}, ""),
    ],
)
def test_the_next_step_lifts_what_binds(limit: str, topology: dict[str, object], step: str) -> None:
    run = bench()
    point = dataclasses.replace(run.points[0], limit=limit, topology={**run.points[0].topology, **topology})
    assert next_command(dataclasses.replace(run, points=(point,))) == step


@pytest.mark.parametrize("sample", SWEEPS)
@pytest.mark.parametrize("is_ascii", [False, True])
@pytest.mark.parametrize("width", [40, 57, 80, 200])
def test_a_curve_fits_the_terminal(sample: str, is_ascii: bool, width: int) -> None:
    lines = curve_lines(SWEEPS[sample](), width, is_ascii=is_ascii)
    assert max(map(len, lines)) <= width
    if is_ascii:
        assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("is_ascii", [False, True])
def test_wrapped_bench_lines_fit_40_columns_and_keep_the_command_whole(is_ascii: bool) -> None:
    lines = bench_lines(bench(), "r.html", width=40, is_ascii=is_ascii)
    assert max(map(len, lines)) <= 40
    assert any(line.endswith("next: lab scale web=4") for line in lines)


def test_bars_are_in_proportion_and_carry_spread_and_speed_up() -> None:
    lines = curve_lines(replica_sweep(values=(1, 2, 4), invalid=None), 80)
    assert lines[0] == "web replicas: req/s as measured, (speed-normalised), ± 95 %, speed-up"
    lengths = [line.count("█") for line in lines[1:4]]
    assert lengths[2] == pytest.approx(2 * lengths[1], abs=6)
    assert "23.5 ± 3.3 (" in lines[1]
    assert lines[1].endswith("\u00d71.00")
    assert lines[3].endswith("\u00d74.01")


def test_an_invalid_point_has_no_bar_and_a_partly_invalid_one_a_mark() -> None:
    run = replica_sweep(invalid=(4, 2))
    spoiled = tuple(dataclasses.replace(m, problems=("machine: busy",)) for m in run.points[0].measurements)
    first = dataclasses.replace(
        run.points[0], measurements=spoiled, throughput=None, normalised=None, p95=None
    )
    lines = curve_lines(dataclasses.replace(run, points=(first, *run.points[1:])), 60)
    assert lines[1] == "1 INVALID"
    assert lines[2].endswith("\u00d71.00")  # the first valid point is the base
    assert "!" in lines[3]
    assert "! 1: 3 of 3 INVALID, left out: machine: busy" in lines
    assert any(line.startswith("! 4: 1 of 3 INVALID, left out: machine: only 4% idle") for line in lines)


def test_a_curve_without_any_valid_point_has_no_figures() -> None:
    run = replica_sweep(values=(1, 2), invalid=None)
    points = []
    for point in run.points:
        spoiled = tuple(dataclasses.replace(m, problems=("x",)) for m in point.measurements)
        points.append(
            dataclasses.replace(point, measurements=spoiled, throughput=None, normalised=None, p95=None)
        )
    lines = curve_lines(dataclasses.replace(run, points=tuple(points)), 60)
    assert lines[1:3] == ["1 INVALID", "2 INVALID"]
    assert not any("█" in line for line in lines)


@given(share=st.floats(0, 1), width=st.integers(6, 200), is_ascii=st.booleans())
def test_a_bar_never_leaves_its_place_and_shows_anything_above_zero(
    share: float, width: int, is_ascii: bool
) -> None:
    drawn = bar(share, width, is_ascii=is_ascii)
    assert len(drawn) <= width
    assert bool(drawn) == (share > 0)


def test_plain_ascii_keeps_the_meaning() -> None:
    assert plain_ascii("241 ± 6 · \u00d72 → ✗ \u2013") == "241 +/- 6 - x2 -> ! -"


def test_tier_rows_follow_a_request_and_show_units() -> None:
    rows = tier_rows(bench().points[0].measurements)
    assert [row[0] for row in rows] == ["balancer", "web", "cache", "db-primary", "db-replica", "store"]
    assert all(len(row) == len(TIER_HEADER) for row in rows)
    by_tier = {row[0]: row for row in rows}
    assert by_tier["web"][1] == "3"
    assert by_tier["web"][2].endswith(" %")
    assert by_tier["balancer"][2].endswith(" cores")  # no quota of its own
    assert by_tier["balancer"][5] == "queue 11.2 · time in queue 42.0 ms"
    assert by_tier["cache"][5] == "hits 93 % · evictions 0/s"
    assert by_tier["db-replica"][5] == "lag 11.0 ms · threads running 1.3"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (40, "40 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5999, "100 min"),
        (7200, "2 h"),
        (172_800, "2 d"),
        (864_000, "10 d"),
    ],
)
def test_age_in_one_unit(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_throughput_cell_of_a_list() -> None:
    assert throughput_cell(bench()) == "73.5 ± 2.2 req/s"
    assert throughput_cell(replica_sweep(values=(1, 2), invalid=None)) == "23.5 → 48.8 req/s"
    assert throughput_cell(bench(repeat=1, problems=["x"])) == "\u2013"


def test_host_bound_points_are_marked_and_explained_once() -> None:
    run = replica_sweep(values=(1, 2, 4, 8), invalid=None)
    why = "it needs 2.10 cores under load and 1.80 of 2 are usable"
    points = [dataclasses.replace(p, host_bound=why) if p.label in {"4", "8"} else p for p in run.points]
    lines = curve_lines(dataclasses.replace(run, points=points), 100)
    assert [("*" in line) for line in lines[1:5]] == [False, False, True, True]
    assert lines[5] == f"* 4, 8: host-bound on that machine: {why}"


def test_a_measurement_that_was_repeated_is_listed_and_does_not_make_the_run_invalid() -> None:
    run = replica_sweep(invalid=(4, 2))
    assert quote_line(run).endswith("INVALID")
    last = run.points[-1]
    repeated = [dataclasses.replace(m, repeated=not m.is_valid) for m in last.measurements]
    run = dataclasses.replace(
        run, points=[*run.points[:-1], dataclasses.replace(last, measurements=repeated)]
    )
    assert quote_line(run).endswith(" VALID")
    assert any(line.startswith("! 4: 1 of 3 INVALID, left out") for line in curve_lines(run, 120))
