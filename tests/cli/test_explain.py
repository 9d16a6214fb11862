"""`lab explain` on kept runs, without an engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.model.run import to_document
from tests.unit.run_samples import bench, replica_sweep


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for run in (replica_sweep(id="20261124-070000-a"), bench(id="20261124-080000-b")):
        place = tmp_path / ".lab" / "runs" / run.id
        place.mkdir(parents=True)
        (place / "run.json").write_text(json.dumps(to_document(run)))
    return tmp_path


def explain(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "LAB_DIR": str(folder / ".lab"), "DOCKER_HOST": "unix:///nowhere.sock"}
    return subprocess.run(
        [sys.executable, "-m", "lab", "explain", *words], capture_output=True, text=True, check=False, env=env, timeout=60
    )  # fmt: skip


def test_every_point_gets_a_verdict_and_a_table_without_an_engine(folder: Path) -> None:
    done = explain(folder, "20261124-070000")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("limit: ") == 3
    assert done.stdout.count("ms/request") == 3
    assert "web CPU" in done.stdout


def test_json_has_the_same(folder: Path) -> None:
    document = json.loads(explain(folder, "20261124-070000:2", "--json").stdout)
    assert document["schema"] == "lab.explain/1"
    assert [point["label"] for point in document["points"]] == ["2"]
    point = document["points"][0]
    assert {row["tier"] for row in point["demands"]} >= {"web", "db-primary"}
    assert point["model"] == "web"
    assert point["verdict"]["culprit"] == "web"


def test_the_last_run_is_the_default(folder: Path) -> None:
    assert explain(folder).stdout.startswith("20261124-080000-b")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nothing",), 2, "no run matches"),
        (("last:9",), 2, "it has: 3 web"),
        (("last", "--pairs", "2"), 2, "--pairs"),
        (("last", "--verify", "--duration", "soon"), 2, "--duration"),
    ],
)
def test_bad_input_says_what_is_wrong(folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = explain(folder, *words)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
