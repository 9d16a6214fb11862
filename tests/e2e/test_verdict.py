"""What binds, for real: one tier is made the bottleneck on purpose, and the verdict has to name it; then it is tested."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.model.gates import MAX_STEAL_RATIO
from tests.docker_lab import docker, lab, lab_json, own, running
from tests.e2e.conftest import BUSY

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
LAB = own("verdict")
APP = str(Path(__file__).parents[2] / "bench" / "ground_truth_app")


@pytest.fixture(scope="module", autouse=True)
def _a_lab() -> Iterator[None]:
    with running(LAB, "--app", APP, "--replicas", "2", "--db-replicas", "0", "--store", "local"):
        yield


@pytest.fixture(scope="module", autouse=True)
def _results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("results") / ".lab"
        patch.setenv("LAB_DIR", str(folder))
        yield folder


def scenario(folder: Path, query: str) -> Path:
    """Write a scenario of one request of the app, and return the folder from where `own` is its name."""
    folder = folder / "scenarios"
    folder.mkdir()
    (folder / "own.toml").write_text(
        'title="T"\nhypothesis="H"\nusers=32\nthink_s=0\nwarmup_s=2\nduration_s=5\ndata="reads"\nverify=false\n'
        'sweep="--replicas 1,2"\n[mix]\nonly=1.0\n'
    )
    (folder / "own.py").write_text(
        "from labload import LabUser, action\n\n\nclass User(LabUser):\n"
        f'    @action("only")\n    def only(self):\n        self.fetch("/?{query}", name="only", contains="done")\n'
    )
    return folder.parent


def explained(place: Path, *, save_as: str) -> dict[str, Any]:
    """Measure one window and return what `lab explain` says of it, also where other virtual machines take this one's CPU."""
    said: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for attempt in (1, 2):
        name = f"{save_as}-{attempt}"
        lab("bench", "own", "--lab", LAB, "--save-as", name, check=False, cwd=place)
        said = lab_json("explain", name)
        found = said["points"][0]
        if (found["verdict"] or {"kind": "machine"})["kind"] not in {"machine", "generator"}:
            return found
    if forgive_neighbours(said["run"]):
        found = lab_json("explain", name)["points"][0]
    return found


def forgive_neighbours(run_id: str) -> bool:
    """Take out of a kept run what CPU taken by other virtual machines gives reason for; say whether there was any taken.

    The verdict on such a run is the machine, and rightly so. The other rules are then judged on the same real evidence.
    """
    path = Path(os.environ["LAB_DIR"]) / "runs" / run_id / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    every = [m for point in run["points"] for m in point["measurements"]]
    stolen = [m for m in every if (m["host_steal_ratio"] or 0) > MAX_STEAL_RATIO]
    for m in stolen:
        for key in ("problems", "spoiled"):
            m[key] = [problem for problem in m[key] if not problem.startswith(BUSY)]
    path.write_text(json.dumps(run), encoding="utf-8")
    return bool(stolen)


def quotas() -> dict[str, str]:
    """Return the CPU quota and period of each container of the lab; `none` for the two ways to have none."""
    ids = docker("ps", "-q", "--filter", f"label=lab.name={LAB}").split()
    lines = docker(
        "inspect", "--format", "{{.Name}} {{.HostConfig.CpuQuota}}/{{.HostConfig.CpuPeriod}}", *ids
    )
    found = dict(line.split() for line in lines.splitlines())
    return {name: "none" if quota[0] in "-0" else quota for name, quota in found.items()}


@pytest.mark.parametrize(
    ("query", "kind", "culprit"),
    [
        ("do=wait&n=200", "soft-limit", "web"),
        ("do=row-lock&n=30", "contention", "db-primary"),
    ],
)
def test_the_culprit_is_named(tmp_path: Path, query: str, kind: str, culprit: str) -> None:
    name = query.replace("=", "-").replace("&", "-")
    found = explained(scenario(tmp_path, query), save_as=name)
    assert (found["verdict"]["kind"], found["verdict"]["culprit"]) == (kind, culprit), found["verdict"]
    assert {row["tier"] for row in found["demands"]} >= {"balancer", "web", "db-primary"}


def interrupted(place: Path, words: list[str], before: dict[str, str]) -> int:
    """Interrupt a command as soon as it has changed a quota, and return its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", *words], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline_s = time.monotonic() + 60
    while quotas() == before and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    return process.wait(timeout=60)


def test_an_intervention_is_kept_and_leaves_the_quotas_as_they_were(tmp_path: Path) -> None:
    place = scenario(tmp_path, "do=work&n=10")
    found = explained(place, save_as="web-cpu")
    assert (found["verdict"]["kind"], found["verdict"]["culprit"], found["agrees"]) == ("cpu", "web", True)
    before = quotas()
    words = ["explain", "last", "--verify", "--lab", LAB]
    assert interrupted(place, words, before) == 130
    assert quotas() == before
    run = json.loads(lab(*words, "--json", check=False, cwd=place).stdout)
    assert quotas() == before
    assert run["kind"] == "verify"
    assert run["procedure"]["suspect"] == "web"
    assert len(run["points"]) == 3
    assert run["procedure"]["outcome"] in {"confirmed", "inconclusive"}, run["procedure"]
