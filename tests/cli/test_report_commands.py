"""`lab report` and `lab runs` on a results folder of synthetic runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.adapters.results import ResultsFolder
from lab.cli.console import console
from lab.cli.main import guarded
from lab.cli.report import show_run
from lab.cli.state import GLOBALS
from lab.model.run import to_document
from tests.unit.run_samples import bench, replica_sweep


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.chdir(tmp_path)
    console.cache_clear()
    yield
    GLOBALS.as_json = False
    console.cache_clear()


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two kept runs: a sweep with one INVALID measurement, then a bench called `mine`."""
    for run in (replica_sweep(id="20260101-0700-a"), bench(id="20260101-0800-b", name="mine")):
        ResultsFolder().save(run.id, {"run.json": json.dumps(to_document(run))})
    return tmp_path / "lab" / "runs"


def test_report_writes_beside_the_last_run(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["report"]) == 0
    page = runs / "20260101-0800-b" / "report.html"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert capsys.readouterr().out.strip() == "lab/runs/20260101-0800-b/report.html"
    assert [path.name for path in page.parent.iterdir() if path.name.startswith(".")] == []


def test_report_of_several_runs_goes_to_the_results_folder(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(["report", "20260101-07", "mine", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "lab.report/1"
    assert document["runs"] == ["20260101-0700-a", "20260101-0800-b"]
    assert document["bytes"] == (runs.parent / "report.html").stat().st_size


def test_report_to_a_file(runs: Path, tmp_path: Path) -> None:
    assert guarded(["report", "mine", "--out", "talk.html"]) == 0
    assert (tmp_path / "talk.html").is_file()
    assert not (runs / "20260101-0800-b" / "report.html").exists()


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("lab", "--out: lab: is a folder"),
        ("notes.txt", "--out: notes.txt: must end in .html"),
        ("none/x.html", "--out: none/x.html: there is no folder none"),
    ],
)
def test_report_refuses_a_place_it_must_not_write(
    runs: Path, capsys: pytest.CaptureFixture[str], out: str, words: str
) -> None:
    assert guarded(["report", "mine", "--out", out]) == 2
    assert words in capsys.readouterr().err


def test_report_of_a_run_that_is_not_there(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["report", "nope"]) == 2
    assert "no run matches 'nope'" in capsys.readouterr().err


def test_report_names_a_run_of_a_newer_lab(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ResultsFolder().save("20270101-x", {"run.json": '{"schema": "lab.run/9", "id": "20270101-x"}'})
    assert guarded(["report", "last"]) == 2
    assert "RUN last: schema: this lab reads lab.run/1; got 'lab.run/9'" in capsys.readouterr().err


def test_runs_as_json(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ResultsFolder().save("20270101-x", {"run.json": '{"schema": "lab.run/9", "id": "20270101-x"}'})
    assert guarded(["runs", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["schema"] == "lab.runs/1"
    assert [(r["id"], r["kind"], r["valid"], r["points"]) for r in document["runs"]] == [
        ("20260101-0700-a", "sweep", False, 3),
        ("20260101-0800-b", "bench", True, 1),
    ]
    assert document["runs"][0]["valid_measurements"] == 8
    assert document["skipped"] == ["20270101-x: schema: this lab reads lab.run/1; got 'lab.run/9'"]
    assert "skipped 20270101-x" in captured.err


def test_runs_on_a_wide_and_on_a_narrow_terminal(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert guarded(["runs"]) == 0
    head, sweep, one = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "name", "kind", "scenario", "points", "throughput", "valid", "age"]
    assert "INVALID (8/9)" in sweep
    assert "73.5 ± 2.2 req/s" in one
    console.cache_clear()
    monkeypatch.setenv("COLUMNS", "40")
    assert guarded(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "20260101-0700-a" in lines
    assert max(map(len, lines)) <= 40


def test_runs_of_an_empty_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["runs"]) == 0
    assert "lab bench read-heavy" in capsys.readouterr().out


def test_a_finished_run_ends_with_the_lines_that_people_quote(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = runs / "20260101-0800-b"
    (folder / "report.html").write_text("x", encoding="utf-8")
    show_run(bench(), folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4].endswith("· VALID")
    assert lines[-1] == "report: lab/runs/20260101-0800-b/report.html     next: lab scale web=4"
    assert any(line.startswith("db-primary") for line in lines)
    show_run(replica_sweep(), folder)
    assert "1 of 3 INVALID" in capsys.readouterr().out
