"""What `lab export` writes: tables, CSV, Parquet, pictures."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.report.csv_text import csv_text
from lab.report.parquet import parquet_bytes
from lab.report.picture import curve_pictures
from lab.report.tables import Table, tables
from tests.unit.docs_pages import RESULTS
from tests.unit.run_kinds import a_a_run, capacity_run, complete_sweep, two_factor_sweep, verify_run
from tests.unit.run_samples import bench, replica_sweep, sample_run, stage_sweep, with_histograms

RUNS = {
    "complete": complete_sweep, "two": two_factor_sweep, "aa": a_a_run, "capacity": capacity_run, "verify": verify_run, "bench": bench, "old": replica_sweep,
    "stage": stage_sweep, "empty": lambda: sample_run("sweep", "replicas", []), "kept": lambda: with_histograms(replica_sweep()),
}  # fmt: skip
NAMES = {"points", "measurements", "series", "tiers", "metrics", "latency", "environment"}


@pytest.mark.parametrize("kind", RUNS)
def test_every_run_becomes_the_same_tables(kind: str) -> None:
    run = RUNS[kind]()
    made = tables(run)
    assert set(made) == NAMES
    assert len(made["points"].rows) == len(run.points)
    assert len(made["measurements"].rows) == sum(len(point.measurements) for point in run.points)
    for table in made.values():
        assert table.columns
        read = list(csv.DictReader(io.StringIO(csv_text(table))))
        assert len(read) == len(table.rows)
        assert all(set(row) == set(table.columns) for row in read)


def test_every_column_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", RESULTS))
    for make in RUNS.values():
        documented |= {make().factor, make().second_factor}  # "a column named after each option that varies"
        for name, table in tables(make()).items():
            assert f"`{name}.csv`" in RESULTS
            known = {column.removeprefix("service_").removeprefix("starts_").removeprefix("steady_").removeprefix("lost_") for column in table.columns}  # fmt: skip
            assert known <= documented, (name, known - documented)


def test_factors_have_columns_of_their_own() -> None:
    points = tables(two_factor_sweep())["points"]
    assert points.columns[:3] == ["point", "replicas", "cache"]
    assert [(row["replicas"], row["cache"]) for row in points.rows][:2] == [(1, "off"), (2, "off")]


def test_invalid_measurements_are_there_and_marked() -> None:
    rows = tables(replica_sweep(invalid=(4, 2)))["measurements"].rows
    bad = [row for row in rows if not row["valid"]]
    assert [(row["point"], row["block"]) for row in bad] == [("4", 2)]
    assert "host-bound" in str(bad[0]["problems"])


def test_percentiles_come_from_the_stored_histograms() -> None:
    rows = tables(with_histograms(replica_sweep(invalid=(4, 2))))["latency"].rows
    assert {row["block"] for row in rows} == {0, 1, 2, 3}
    by_percentile = [row["latency_ms"] for row in rows if row["point"] == "1" and row["block"] == 1]
    assert by_percentile == sorted(by_percentile)
    assert not any(row["valid"] for row in rows if row["point"] == "4" and row["block"] == 2)


def test_a_histogram_that_cannot_be_read_leaves_the_rest() -> None:
    run = with_histograms(bench(repeat=2))
    broken = run.points[0].measurements[0]
    import dataclasses

    point = dataclasses.replace(
        run.points[0],
        measurements=(dataclasses.replace(broken, histogram="?"), run.points[0].measurements[1]),
    )
    rows = tables(dataclasses.replace(run, points=(point,)))["latency"].rows
    assert {row["block"] for row in rows} == {0, 2}


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    )
)
def test_any_cell_survives_the_csv_or_is_made_harmless(value: object) -> None:
    text = csv_text(Table(columns=["a", "b"], rows=[{"a": value, "b": 1}]))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["b"] == "1"
    if isinstance(value, str):
        assert row["a"] in {value, "'" + value}
        assert not row["a"].startswith(("=", "+", "-", "@", "\t", "\r"))
    elif isinstance(value, bool):
        assert row["a"] == ("true" if value else "false")
    elif value is None:
        assert row["a"] == ""
    else:
        assert float(row["a"]) == value


@pytest.mark.parametrize("kind", RUNS)
def test_parquet_holds_the_same(kind: str) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    for table in tables(RUNS[kind]()).values():
        read = pq.read_table(io.BytesIO(parquet_bytes(table)))
        assert read.column_names == list(table.columns)
        assert read.num_rows == len(table.rows)


@pytest.mark.parametrize("kind", [kind for kind in RUNS if kind != "empty"])
def test_every_run_has_its_picture(kind: str) -> None:
    found = curve_pictures(RUNS[kind]())
    assert set(found) == {"svg", "png"}
    assert found["png"].startswith(b"\x89PNG")
    text = found["svg"].decode()
    assert "Many readers, few writers" in text
    assert "nothing emulated or modelled" in text  # what every figure must disclose is in the picture


def test_the_picture_shows_the_host_bound_region_and_no_invalid_point() -> None:
    text = curve_pictures(complete_sweep())["svg"].decode()
    assert ">host-bound<" in text
    assert "host-bound: the machine is the limit" in text
    assert curve_pictures(RUNS["empty"]()) == {}
    assert ">host-bound<" not in curve_pictures(replica_sweep())["svg"].decode()


def test_the_same_run_gives_the_same_picture() -> None:
    assert curve_pictures(replica_sweep()) == curve_pictures(replica_sweep())
