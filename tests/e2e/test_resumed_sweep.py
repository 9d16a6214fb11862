"""A sweep that is killed, interrupted, and goes on; a sweep over two options. Real labs, short windows."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import CODES, Command, containers
from tests.docker_lab import lab, lab_json, own, running
from tests.e2e.conftest import quick_copy

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]
LAB = own("resumed")


@pytest.fixture(scope="module", autouse=True)
def _lab() -> Iterator[None]:
    with running(LAB, "--stage", "balanced", "--replicas", "2"):
        yield


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a scenario like read-heavy with a second of warm-up; results go to a folder of the test's own."""
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    return quick_copy(tmp_path)


def kept(folder: Path) -> list[dict[str, Any]]:
    """Return the finished windows of the only journal; none when there is no journal."""
    lines = [
        line
        for path in folder.glob("unfinished/*/journal.jsonl")
        for line in path.read_text().split("\n")[:-1]
    ]
    return [entry["done"] for line in lines if "done" in (entry := json.loads(line))]


def is_measuring(count: int, folder: Path) -> bool:
    """Say whether so many windows are kept and the next one is under way."""
    return len(kept(folder)) >= count and any("-probe-" in name for name in containers(LAB))


def test_it_goes_on_after_kill_and_ctrl_c(quick: str, tmp_path: Path) -> None:
    folder = tmp_path / ".lab"
    line = (
        "sweep",
        quick,
        "--replicas",
        "1,2",
        "--blocks",
        "2",
        "--duration",
        "4s",
        "--users",
        "4",
        "--yes",
        "--lab",
        LAB,
    )
    first = Command(*line)
    first.reaches(lambda: is_measuring(1, folder))
    first.hit(signal.SIGKILL)
    assert first.ends() == CODES[signal.SIGKILL]
    after_kill = kept(folder)
    assert len(after_kill) == 1

    other = lab(*line, "--resume", "--seed", "7", check=False)
    assert other.returncode == 2
    assert "--seed: the unfinished sweep has 20260101; got 7" in other.stderr

    (journal,) = folder.glob("unfinished/*/journal.jsonl")
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"done":{"blo')  # what a power cut would leave
    second = Command(*line, "--resume")
    second.reaches(lambda: is_measuring(2, folder))
    second.hit(signal.SIGINT)
    assert second.ends() == CODES[signal.SIGINT]
    assert "finished windows are kept; go on with: lab sweep" in " ".join(second.err.split())
    assert "--resume" in second.err
    listed = lab("runs").stderr
    assert "unfinished:" in listed

    before = kept(folder)
    third = Command(*line, "--resume", "--json")
    assert third.ends() in {0, 5}, third.err  # 5: a gate, on a machine that others use
    run = json.loads(third.out)
    assert not list(folder.glob("unfinished/*"))
    assert (folder / "runs" / run["id"] / "run.json").exists()
    found = [m for p in run["points"] for m in p["measurements"]]
    assert {
        (p["label"], m["block"]) for p in run["points"] for m in p["measurements"] if not m["repeated"]
    } == {(label, block) for label in "12" for block in (1, 2)}
    starts = [m["started_at_s"] for m in found]
    valid = [each for each in before if not each["measurement"]["problems"]]
    assert {each["measurement"]["started_at_s"] for each in before} <= set(starts)  # every one is disclosed
    for each in valid:  # and a valid one is not made again, though it may itself be a spoiled one that was
        later = [
            m
            for p in run["points"]
            if p["label"] == each["label"]
            for m in p["measurements"]
            if m["block"] == each["block"] and m["started_at_s"] > each["measurement"]["started_at_s"]
        ]
        assert later == []
    assert len(run["procedure"]["sessions"]) == 3
    assert len(run["procedure"]["gaps_s"]) == 2
    assert run["procedure"]["split_blocks"]
    webs = [c["service"] for c in lab_json("status", "--lab", LAB)["containers"] if c["tier"] == "web"]
    assert sorted(webs) == ["web-1", "web-2"]  # what ran before the sweep that was killed


def test_two_options_make_a_grid(quick: str) -> None:
    done = Command(
        "sweep", quick, "--replicas", "1,2", "--users", "3,6", "--blocks", "1", "--duration", "4s", "--yes",
        "--json", "--lab", LAB, env=dict(os.environ),
    )  # fmt: skip
    assert done.ends() in {0, 5}, done.err
    run = json.loads(done.out)
    assert (run["factor"], run["second_factor"]) == ("replicas", "users")
    assert [p["label"] for p in run["points"]] == ["1 · users 3", "2 · users 3", "1 · users 6", "2 · users 6"]
    assert [p["setting"] for p in run["points"]][1] == {"replicas": 2, "users": 3}
    assert [p["topology"]["replicas"] for p in run["points"]] == [1, 2, 1, 2]
    assert len(run["environment"]["order"]) >= 4
