"""Searches for capacity, short and real. Never asserts a speed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker_lab import lab, lab_json, own, running

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
LAB = own("capacity")
TOML = """\
title = "T"
hypothesis = "H"
users = 8
think_s = 0
warmup_s = 1
duration_s = 5
data = "reads"
sweep = "--replicas 1,2"
[mix]
feed = 1
"""
PY = """
from labload import LabUser, action

class Guest(LabUser):
    @action("feed")
    def feed(self):
        self.page("/", kind="feed")
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("scenario")
    (folder / "short.toml").write_text(TOML)
    (folder / "short.py").write_text(PY)
    return str(folder / "short.toml")


@pytest.fixture(scope="module")
def _running() -> Iterator[None]:
    with running(LAB, "--stage", "balanced", "--replicas", "2"):
        yield


@pytest.fixture(autouse=True)
def _results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _running: None) -> None:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))


def test_the_highest_rate_is_searched_with_an_open_load(scenario: str) -> None:
    done = lab(
        "capacity", scenario, "--slo", "p95<9s", "--max-time", "45s", "--lab", LAB, "--json", check=False
    )
    assert done.returncode in {0, 5}, done.stderr  # 5: a neighbour took the machine
    run = json.loads(done.stdout)
    assert (run["kind"], run["factor"], run["load"]["model"]) == ("capacity", "rate", "open")
    said = run["procedure"]
    assert said["slo"] == "p95 <= 9000 ms, errors <= 0.10%"
    rates = [trial["rate_rps"] for trial in said["trials"]]
    assert rates[0] == pytest.approx(said["saturation_rps"] / 2, rel=0.01)
    assert said["stopped"]
    starts = run["points"][0]["measurements"][0]["starts"]
    assert starts["planned"] == pytest.approx(rates[0] * 5, rel=0.6)  # Poisson: any honest number of starts
    assert lab("report", run["id"]).returncode == 0


def test_the_fewest_replicas_and_an_objective_that_none_meets(scenario: str) -> None:
    options = ("--rate", "3", "--replicas", "1,2", "--lab", LAB)
    done = lab("capacity", scenario, "--slo", "p95<1ms", *options, "--json", check=False)
    assert done.returncode in {5, 7}, done.stderr
    run = json.loads(done.stdout)
    if done.returncode == 7:
        assert run["procedure"]["demand"] == [{"rate_rps": 3.0, "replicas": None, "tried": [1, 2]}]
        assert "p95" in run["procedure"]["trials"][0]["why"][0]
    assert lab_json("status", "--lab", LAB)["topology"]["replicas"] == 2
