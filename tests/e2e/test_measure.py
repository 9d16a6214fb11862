"""Short real measurements, end to end. Never asserts a speed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from lab.model.lost import MAX_LATE_S, MAX_STALLED_S
from tests.docker_lab import Visitor, docker, lab, lab_json, own, running
from tests.e2e.conftest import BUSY, quick_copy, sound

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
LAB = own("bench")
SHORT = ("--duration", "8s", "--users", "8")  # few users: the shared machine must not fail the idle gate
# Three replicas of a tenth of a core: what a busy neighbour leaves is still enough for the gates.


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(LAB, "--stage", "cached") as address:
        yield address


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    return tmp_path / ".lab"


def test_bench_keeps_a_complete_result(url: str, results: Path) -> None:
    document = sound("bench", "read-heavy", *SHORT, "--save-as", "first", "--lab", LAB)
    assert (document["schema"], document["kind"]) == ("lab.run/1", "bench")
    measurement = document["points"][0]["measurements"][-1]
    assert document["valid"] is not bool(measurement["problems"])
    assert measurement["requests"] > 50
    assert measurement["failures"] == 0
    assert set(measurement["replicas"]) == {"web-1", "web-2", "web-3"}
    assert sum(measurement["replicas"].values()) == measurement["requests"]
    assert {use["tier"] for use in measurement["use"]} == {"balancer", "web", "cache", "db-primary", "store"}
    assert {second["phase"] for second in measurement["series"]} >= {"warmup", "measure"}
    for key in ("cpu_model", "cores", "memory_bytes", "kernel", "cgroup_version", "engine_version", "images"):
        assert document["environment"][key]
    folder = Path(document["folder"])
    assert {path.name for path in folder.iterdir()} == {"run.json", "series.csv", "report.html"}
    assert lab("bench", "read-heavy", *SHORT, "--save-as", "first", "--lab", LAB, check=False).returncode == 2
    assert [run["id"] for run in lab_json("runs")["runs"]] == [document["id"]]
    assert lab_json("report", "first")["schema"] == "lab.report/1"


@pytest.mark.parametrize("scenario", ["write-heavy", "media", "sessions", "hot-key"])
def test_every_scenario_runs_without_a_failure(
    url: str, results: Path, tmp_path: Path, scenario: str
) -> None:
    document = lab_json("bench", quick_copy(tmp_path, scenario), *SHORT, "--lab", LAB, check=False)
    measurement = document["points"][0]["measurements"][-1]
    assert not [problem for problem in measurement["problems"] if not problem.startswith(BUSY)]
    assert measurement["failures"] == 0


def test_a_sweep_draws_a_curve_and_goes_back(url: str, results: Path, tmp_path: Path) -> None:
    quick = quick_copy(tmp_path)
    argv = ("sweep", quick, "--replicas", "1,2", "--blocks", "2", *SHORT, "--yes", "--lab", LAB)
    document = sound(*argv)
    assert [point["label"] for point in document["points"]] == ["1", "2"]
    for point in document["points"]:
        counted = [m for m in point["measurements"] if not m["repeated"]]
        assert len(counted) == 2
        if not any(m["problems"] for m in counted):
            assert point["throughput"]["half_width"] is not None
    assert set(document["environment"]["order"]) == {"1:1", "1:2", "2:1", "2:2"}
    assert lab_json("status", "--lab", LAB)["topology"]["replicas"] == 3


def test_the_data_is_restored_for_a_sweep(url: str, results: Path, tmp_path: Path) -> None:
    visitor = Visitor(url)
    visitor.log_in()
    visitor.post("/photo/5/comment", "/photo/5", {"body": "gone after the sweep"})
    assert "gone after the sweep" in visitor.get("/photo/5").text
    quick = quick_copy(tmp_path)
    argv = ("sweep", quick, "--replicas", "2,3", "--blocks", "1", *SHORT, "--lab", LAB)
    refused = lab(*argv, check=False)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    sound(*argv, "--yes")
    assert "gone after the sweep" not in Visitor(url).get("/photo/5").text


def _scenario(folder: Path, text: str) -> str:
    toml = 'title="T"\nhypothesis="H"\nusers=4\nthink_s=0\nwarmup_s=1\nduration_s=3\ndata="reads"\nverify=false\nsweep="--replicas 1,2"\n[mix]\nact=1\n'
    (folder / "own.toml").write_text(toml)
    (folder / "own.py").write_text(text)
    return str(folder / "own.toml")


FAILING = """
from labload import LabUser, action

class User(LabUser):
    @action("act")
    def act(self):
        self.page("/photo/999999999", kind="photo", page_id=999999999)
"""


def test_errors_make_a_run_invalid_and_are_kept(url: str, results: Path, tmp_path: Path) -> None:
    done = lab("bench", _scenario(tmp_path, FAILING), "--json", "--lab", LAB, check=False)
    assert done.returncode == 5
    assert "INVALID" in done.stderr
    assert done.stdout.count('"schema"') == 1  # one document, though the command fails
    first = json.loads(done.stdout)
    assert first["valid"] is False
    assert (results / "runs" / first["id"] / "run.json").exists()


@pytest.mark.parametrize(
    ("text", "word"),
    [("raise RuntimeError('oops at import')", "oops at import"), ("x = (", "own"), ("pass", "own")],
)
def test_a_broken_scenario_is_5_and_says_where(
    url: str, results: Path, tmp_path: Path, text: str, word: str
) -> None:
    done = lab("bench", _scenario(tmp_path, text), "--lab", LAB, check=False)
    assert done.returncode == 5
    assert word in done.stderr


@pytest.mark.parametrize(("signal_sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_bench_leaves_nothing(
    url: str, results: Path, signal_sent: signal.Signals, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "bench", "read-heavy", "--lab", LAB], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ, start_new_session=True,
    )  # fmt: skip
    time.sleep(7)
    os.killpg(process.pid, signal_sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in err
    assert docker("ps", "-aq", "--filter", f"label=lab.name={LAB}", "--filter", "label=lab.role=probe") == ""
    quota = docker("inspect", "--format", "{{.HostConfig.CpuQuota}}", f"{LAB}-web-1-1")
    assert quota == "5000"
    assert requests.get(url, timeout=10).status_code == 200


def test_a_killed_bench_is_cleaned_by_the_next_command(url: str, results: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "bench", "read-heavy", "--lab", LAB], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(5)
    process.kill()
    process.wait()
    document = lab_json("bench", quick_copy(tmp_path), *SHORT, "--lab", LAB, check=False)
    measurement = document["points"][0]["measurements"][0]
    assert measurement["failures"] == 0
    assert measurement["requests"] > 50  # valid or not: the machine may be busy
    assert docker("ps", "-aq", "--filter", f"label=lab.name={LAB}", "--filter", "label=lab.role=probe") == ""


def test_two_measurements_at_once_are_refused(url: str, results: Path) -> None:
    first = subprocess.Popen(
        [sys.executable, "-m", "lab", "bench", "read-heavy", *SHORT, "--lab", LAB], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(5)
    second = lab("bench", "read-heavy", *SHORT, "--lab", LAB, check=False)
    assert second.returncode == 3
    assert f"process {first.pid}" in second.stderr
    assert first.wait(timeout=240) in {0, 5}  # 5: a machine that others use, too


def test_a_sweep_without_a_lab_leaves_nothing(results: Path, tmp_path: Path) -> None:
    name = own("nolab")
    quick = quick_copy(tmp_path)
    argv = ("sweep", quick, "--stage", "single", "--users", "4,8", "--blocks", "1", "--duration", "8s")
    assert len(sound(*argv, "--lab", name)["points"]) == 2
    for kind in ("ps -aq", "volume ls -q", "network ls -q"):
        assert docker(*kind.split(), "--filter", f"label=lab.name={name}") == ""


READING = """
from labload import LabUser, action

class User(LabUser):
    @action("act")
    def act(self):
        self.page("/", kind="feed")
"""


def _in_window(not_this: str = "") -> str:
    """Wait until a probe of this lab, another than the one named, is in its window; return its container."""
    mine = ("--filter", f"label=lab.name={LAB}", "--filter", "label=lab.role=probe")
    deadline_s = time.monotonic() + 120
    while time.monotonic() < deadline_s:
        found = docker("ps", "-q", *mine)
        if found and found != not_this and '"phase":"measure"' in docker("logs", found, check=False):
            return found
        time.sleep(0.1)
    raise AssertionError("no probe came to its window")


def test_a_window_that_stood_still_is_kept_and_measured_again(
    url: str, results: Path, tmp_path: Path
) -> None:
    """No machine can be put to sleep here; what can be had is a probe that is paused, and a command that is stopped.

    Neither is sleep: the kernel's clocks agree. Both spoil the window.
    """
    path = _scenario(tmp_path, READING)
    lab(
        "bench", path, "--lab", LAB, check=False
    )  # measures the generator's ceiling, which would be one window more
    argv = ("bench", path, "--duration", "6s", "--json", "--lab", LAB)
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        probe = _in_window()
        docker("pause", probe)
        time.sleep(3)
        docker("unpause", probe)
        _in_window(not_this=probe)
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(9)  # beyond the end of the window
        os.kill(process.pid, signal.SIGCONT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    document = json.loads(out)
    assert process.returncode == (0 if document["valid"] else 5), err
    paused, stopped, whole = document["points"][0]["measurements"]
    assert [m["repeated"] for m in (paused, stopped, whole)] == [True, True, False]
    assert [m["block"] for m in (paused, stopped, whole)] == [1, 1, 1]
    assert 2 < paused["lost"]["stalled_s"] < 10
    assert "stood still" in paused["problems"][0]
    assert 1 < stopped["lost"]["late_s"] < 20
    assert "late" in stopped["problems"][0]
    assert document["valid"] is (
        whole["problems"] == []
    )  # a busy machine may spoil it, but not again like this
    for word, key, most_s in (("stood still", "stalled_s", MAX_STALLED_S), ("late (", "late_s", MAX_LATE_S)):
        said = any(word in problem for problem in whole["problems"])
        assert said is (whole["lost"][key] > most_s), whole
    assert whole["lost"]["stalled_s"] < paused["lost"]["stalled_s"]
    assert whole["lost"]["late_s"] < stopped["lost"]["late_s"]
    assert all(abs(m["lost"][key]) < 1 for m in (paused, stopped) for key in ("asleep_s", "stepped_s"))
    assert document["valid"] is (document["points"][0]["throughput"] is not None)
    assert err.count("Measuring it again") == 2
