"""`lab compare` and `lab export` on a results folder of synthetic runs."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.adapters.results import ResultsFolder
from lab.cli.console import console
from lab.cli.main import guarded
from lab.cli.state import GLOBALS
from lab.model.run import to_document
from tests.unit.run_kinds import a_a_run
from tests.unit.run_samples import ENVIRONMENT, bench, replica_sweep

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    console.cache_clear()
    moved = {**ENVIRONMENT, "cpu_model": "Another CPU", "kernel": "6.1.0"}
    runs = [
        replica_sweep(id="20260101-0700-a", invalid=None, name="sweep"), replica_sweep(id="20260101-0710-b", invalid=None, name="again"),
        bench(id="20260101-0800-c", name="mine"), bench(id="20260101-0810-d", name="moved", environment=moved),
        bench(id="20260101-0820-e", name="broken", problems=["machine: only 4 % idle"]),
    ]  # fmt: skip
    for run in runs:
        ResultsFolder().save(run.id, {"run.json": json.dumps(to_document(run))})
    yield
    GLOBALS.as_json = GLOBALS.is_quiet = GLOBALS.has_document = False
    console.cache_clear()


def _rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "points.csv").read_text(encoding="utf-8").splitlines()))


def test_two_points_of_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["compare", "sweep:2", "sweep:4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  topology  --replicas  2 → 4" in lines
    assert "the same: images, data, scenario, load, machine, lab" in lines
    assert any(line.startswith("  B/A  \u00d72.0") and "paired in 3 blocks" in line for line in lines)
    assert any(line.startswith("replicas 2 → 4") for line in lines)


def test_the_same_measured_twice_is_an_a_a_pair(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["compare", "sweep", "again"]) == 0
    out = capsys.readouterr().out
    assert out.count("A/A: no difference expected") == 3
    assert "nothing differs" in out


def test_with_an_a_a_run_of_this_machine_a_cause_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = a_a_run(id="20260101-0600-aa")
    ResultsFolder().save(found.id, {"run.json": json.dumps(to_document(found))})
    assert guarded(["compare", "sweep:2", "sweep:4"]) == 0
    out = capsys.readouterr().out
    assert "replicas 2 → 4 raised throughput \u00d7" in out
    assert "noise floor of this machine, from A/A runs: " in out


def test_two_factors_are_6_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["compare", "mine", "moved"]) == 6
    shown = capsys.readouterr()
    assert (
        "2 things changed: machine cpu model Synthetic CPU @ 2.50GHz → Another CPU; machine kernel"
        in shown.err
    )
    assert "--force" in shown.err
    assert "B/A" not in shown.out
    assert guarded(["compare", "mine", "moved", "--force"]) == 0
    forced = capsys.readouterr()
    assert "not causal: throughput \u00d7" in forced.out
    assert not forced.err


def test_a_failed_gate_is_6(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["compare", "mine", "broken"]) == 6
    assert "B 3 web, block 1: machine: only 4 % idle" in capsys.readouterr().err


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["compare", "mine", "moved", "--json"]) == 6
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "lab.compare/1"
    assert document["comparable"] is False
    assert document["points"][0]["ratio"] is None
    assert [d["name"] for d in document["differences"]] == ["cpu model", "kernel"]
    GLOBALS.has_document = False
    assert guarded(["compare", "sweep:2", "sweep:4", "--json"]) == 0
    (point,) = json.loads(capsys.readouterr().out)["points"]
    assert point["ratio"]["is_paired"] is True
    assert point["ratio"]["low"] < 2 < point["ratio"]["high"] * 1.05


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "mine", "mine"], "A and B are the same run"),
        (["compare", "mine", "nope"], "no run matches 'nope'"),
        (["compare", "sweep:9", "mine"], "A: run 20260101-0700-a has no point '9'; its points: 1, 2, 4"),
        (["compare", "mine"], "B"),
        (["export", "nope", "x"], "no run matches 'nope'"),
        (["export", "mine", "lab"], "DIR: lab: is not empty, and runs came from no export"),
        (["export", "mine", "note.txt"], "DIR: note.txt: is no folder"),
        (["export", "mine"], "DIR"),
    ],
)
def test_bad_input_is_2(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note.txt").write_text("mine")
    assert guarded(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_export_writes_tables_and_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["export", "sweep", "deep/figures", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    folder = tmp_path / "deep/figures"
    assert {
        path.name: path.stat().st_size for path in folder.iterdir() if path.name != "export.json"
    } == document["files"]
    assert {
        "points.csv",
        "measurements.csv",
        "series.csv",
        "tiers.csv",
        "latency.csv",
        "environment.csv",
        "run.json",
    } <= set(document["files"])
    assert {"curve.svg", "curve.png"} <= set(document["files"])
    rows = _rows(folder)
    assert [row["replicas"] for row in rows] == ["1", "2", "4"]
    assert json.loads((folder / "run.json").read_text())["id"] == "20260101-0700-a"


def test_an_older_export_is_replaced_and_a_stranger_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    assert guarded(["export", "sweep", "out"]) == 0
    assert guarded(["export", "mine", "out"]) == 0
    assert json.loads((folder / "export.json").read_text())["run"] == "20260101-0800-c"
    assert [row["point"] for row in _rows(folder)] == ["3 web"]
    (folder / "mine.txt").write_text("notes")
    capsys.readouterr()
    assert guarded(["export", "sweep", "out"]) == 2
    assert "mine.txt came from no export" in capsys.readouterr().err
    assert (folder / "mine.txt").read_text() == "notes"


def test_a_mark_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "precious").write_text("keep")
    (folder / "export.json").write_text('{"schema": "lab.export/1", "files": ["../precious", "/etc/passwd"]}')
    assert guarded(["export", "mine", "out"]) == 0
    assert (tmp_path / "precious").read_text() == "keep"


def test_a_run_without_a_valid_point_has_tables_and_no_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = bench(id="20260101-0900-f", repeat=1, problems=["machine: busy"])
    run = dataclasses.replace(run, points=(dataclasses.replace(run.points[0], throughput=None),))
    ResultsFolder().save(run.id, {"run.json": json.dumps(to_document(run))})
    assert guarded(["export", "20260101-09", "out"]) == 0
    assert "no picture" in capsys.readouterr().err
    assert not (tmp_path / "out/curve.svg").exists()
    assert (tmp_path / "out/measurements.csv").exists()


def test_a_full_disk_is_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ro").mkdir()
    real = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "points" in path.name:
            raise OSError(28, "No space left on device")
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert guarded(["export", "mine", "ro"]) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert not [path for path in (tmp_path / "ro").iterdir() if path.name.startswith(".")]


def test_the_picture_library_is_imported_only_by_an_export() -> None:
    modules = "lab.report.html, lab.report.text, lab.cli.export, lab.cli.compare, lab.report.picture, lab.report.parquet"
    code = f"import sys, {modules}; sys.exit(any(n in sys.modules for n in ('matplotlib', 'pyarrow', 'numpy', 'plotly')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
