"""Validity gates, provoked for real: what spoils a measurement makes it INVALID, with the reason and the remedy.

No machine's speed can be turned here: its drift is in tests/unit/test_repeat.py and test_speed.py. Lost time is provoked
in test_measure.py, late and dropped starts where an open load is tested.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docker_lab import docker, lab, own, running

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]
LAB = own("gates")
WARMUP_S = 1
WINDOW_S = 5
USERS = "8"


@pytest.fixture(scope="module")
def a_lab() -> Iterator[str]:
    with running(LAB, "--stage", "cached", "--replicas", "2") as address:
        yield address


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    return tmp_path / ".lab"


READING = """
from labload import LabUser, action

class User(LabUser):
    @action("feed")
    def feed(self):
        self.page("/", kind="feed")

    @action("photo")
    def photo(self):
        photo_id = self.photo_ids.next()
        self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id)
"""
WRONG_BODY = """
from labload import LabUser, action

class User(LabUser):
    @action("feed")
    def feed(self):
        self.page("/", kind="feed", contains="no page of this site has these words")

    @action("photo")
    def photo(self):
        self.page("/photo/1", kind="photo", page_id=1)
"""
WRONG_AND_LOSING = """
from labload import LabUser, action
from locust.exception import RescheduleTask

class User(LabUser):
    @action("feed")
    def feed(self):
        self.page("/", kind="feed", contains="no page of this site has these words")

    @action("photo")
    def photo(self):
        raise RescheduleTask
"""
SLEEPING = """
import gevent
from labload import LabUser, action

class User(LabUser):
    @action("feed")
    def feed(self):
        self.page("/", kind="feed")
        gevent.sleep(0.2)

    @action("photo")
    def photo(self):
        self.page("/photo/1", kind="photo", page_id=1)
"""
WRITING = """
from labload import LabUser, action

class User(LabUser):
    def on_start(self):
        self.login(f"user{self.index + 1:04d}")

    @action("feed")
    def feed(self):
        self.page("/", kind="feed")

    @action("photo")
    def photo(self):
        photo_id = self.photo_ids.next()
        page = self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id)
        self.submit(f"/photo/{photo_id}/like", page, name="like")
"""


def scenario(folder: Path, text: str, *, verify: bool = False, duration_s: int = WINDOW_S) -> str:
    """Write a scenario of two actions in equal shares, and return its path."""
    toml = (
        f'title="T"\nhypothesis="H"\nusers={USERS}\nthink_s=0\nwarmup_s={WARMUP_S}\nduration_s={duration_s}\ndata="reads"\n'
        f'verify={str(verify).lower()}\nsweep="--replicas 1,2"\n[mix]\nfeed=0.5\nphoto=0.5\n'
    )
    (folder / "own.toml").write_text(toml)
    (folder / "own.py").write_text(text)
    return str(folder / "own.toml")


def probe_in(phase: str) -> str:
    """Return the container of this lab's probe if it has come to a phase, else nothing."""
    mine = ("--filter", f"label=lab.name={LAB}", "--filter", "label=lab.role=probe")
    found = docker("ps", "-q", *mine)
    return found if found and f'"phase":"{phase}"' in docker("logs", found, check=False) else ""


def measured(
    path: str, spoil: Callable[[str], None] = lambda _probe: None, *, phase: str = "measure"
) -> tuple[dict[str, Any], str]:
    """Run a bench, do something once in each of its windows, or earlier; return the last measurement and what was said."""
    argv = [sys.executable, "-m", "lab", "bench", path, "--json", "--lab", LAB]
    spoilt, deadline_s, folder = set(), time.monotonic() + 240, Path(path).parent
    with (folder / "out").open("w") as out_file, (folder / "err").open("w") as err_file:
        process = subprocess.Popen(argv, stdout=out_file, stderr=err_file)
        try:
            while process.poll() is None and time.monotonic() < deadline_s:
                probe = probe_in(phase)  # a window that lost time is measured again
                if probe and probe not in spoilt:
                    spoilt.add(probe)
                    spoil(probe)
                time.sleep(0.1)
        finally:
            process.kill()
            process.wait()
    out, err = (folder / "out").read_text(), (folder / "err").read_text()
    assert "Traceback" not in err, err
    document = json.loads(out)
    point = document["points"][0]
    measurement = point["measurements"][-1]
    assert process.returncode == 5, f"{process.returncode}: {measurement['problems']}\n{err}"
    assert document["valid"] is False
    assert point["throughput"] is None  # never a figure, never a point of a curve
    assert (Path(document["folder"]) / "run.json").exists()
    return measurement, err


def reason(measurement: dict[str, Any], err: str, gate: str, remedy: str) -> str:
    """Return the problem of a gate; it and its remedy were printed."""
    found = [problem for problem in measurement["problems"] if problem.startswith(gate)]
    assert found, measurement["problems"]
    assert remedy in found[0]
    assert found[0] in err.replace("\n", " ") or found[0][:60] in err
    return str(found[0])


def container(service: str) -> str:
    """Return the id of a service's container."""
    return docker(
        "ps",
        "-aq",
        "--filter",
        f"label=lab.name={LAB}",
        "--filter",
        f"label=com.docker.compose.service={service}",
    )


def test_a_wrong_body_before_the_load_ends_it_there(a_lab: str, tmp_path: Path) -> None:
    done = lab("bench", scenario(tmp_path, WRONG_BODY, verify=True), "--lab", LAB, check=False)
    assert done.returncode == 5
    assert "lacks the text" in done.stderr


def test_a_wrong_body_and_a_mix_that_drifts(a_lab: str, tmp_path: Path) -> None:
    measurement, err = measured(scenario(tmp_path, WRONG_AND_LOSING))
    assert "lacks the text" in reason(measurement, err, "errors: ", "at most 0.1%")
    reason(measurement, err, "mix: ", "the scenario's Python file")


def test_a_replica_that_serves_errors(a_lab: str, tmp_path: Path) -> None:
    """It still answers its health check, so the balancer keeps it; only what may be sent twice is tried elsewhere."""

    def spoil(_probe: str) -> None:
        # In a window that is made again it has left already.
        docker("network", "disconnect", f"{LAB}_data", container("web-2"), check=False)
        # New processes: those that keep a connection open would wait on it for longer than the window is.
        docker("kill", "--signal", "HUP", container("web-2"))

    try:
        measurement, err = measured(scenario(tmp_path, WRITING), spoil)
    finally:
        docker("network", "connect", "--alias", "web-2", f"{LAB}_data", container("web-2"), check=False)
    reason(measurement, err, "errors: ", "failed")


def test_a_generator_without_cpu(a_lab: str, tmp_path: Path) -> None:
    """It and its collectors want 3 % of a core here, however fast the machine is: who is faster also serves more."""
    ends: list[threading.Timer] = []

    def spoil(probe: str) -> None:
        docker("update", "--cpus", "0.01", probe)  # the least that Docker gives
        ends.append(threading.Timer(WINDOW_S, docker, ("update", "--cpus", "1", probe), {"check": False}))
        ends[-1].start()  # what it has counted can be told in time

    try:
        measurement, err = measured(scenario(tmp_path, READING), spoil)
    finally:
        for timer in ends:
            timer.cancel()
    reason(measurement, err, "load generator: ", "close other programs")


BUSY = "import time\nend = time.monotonic() + {s}\nwhile time.monotonic() < end: pass"


def test_a_machine_that_is_busy_with_something_else(a_lab: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", BUSY.format(s=240)]
    busy = [subprocess.Popen(argv) for _ in range(os.cpu_count() or 2)]  # from before the window on
    try:
        measurement, err = measured(scenario(tmp_path, READING))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    reason(measurement, err, "machine: only", "close other programs")


def test_a_replica_that_stands_still(a_lab: str, tmp_path: Path) -> None:
    replica = container("web-2")
    ends: list[threading.Timer] = []

    def spoil(_probe: str) -> None:
        deadline_s = time.monotonic() + 10
        while docker("inspect", "--format", "{{.State.Paused}}", replica) != "true":
            assert time.monotonic() < deadline_s
            # The kernel cannot freeze what its quota holds back, and the lab sets the quota again meanwhile.
            docker("update", "--cpu-quota", "-1", replica)
            docker("pause", replica, check=False)
        # Just beyond the window: if a neighbour spoils it, it is made again, and HAProxy must not know the replica as down.
        ends.append(threading.Timer(WARMUP_S + WINDOW_S + 1, docker, ("unpause", replica), {"check": False}))
        ends[-1].start()

    try:
        measurement, err = measured(scenario(tmp_path, READING), spoil, phase="warmup")
    finally:
        for timer in ends:
            timer.cancel()
        docker("unpause", replica, check=False)
        docker("update", "--cpu-quota", "5000", replica)
    # Its users wait for it beyond the end of the window: nothing has failed yet, and they are missed in the sum.
    reason(measurement, err, "Little's law: ", "does a replica hold requests that never end")


def test_requests_and_waits_that_nobody_counted(a_lab: str, tmp_path: Path) -> None:
    """Others use the same front door: HAProxy counts them. The scenario's users sleep inside an action: nobody does."""
    others = 'import sys, urllib.request\nfor _ in range(60): urllib.request.urlopen(sys.argv[1] + "/health", timeout=5)'
    visitors: list[subprocess.Popen[bytes]] = []

    def spoil(_probe: str) -> None:
        visitors.append(subprocess.Popen([sys.executable, "-c", others, a_lab]))

    try:
        measurement, err = measured(scenario(tmp_path, SLEEPING), spoil)
    finally:
        for process in visitors:
            process.kill()
            process.wait()
    reason(measurement, err, "count: ", "somebody else sent requests")
    reason(measurement, err, "Little's law: ", "does an action of the scenario sleep")


def test_a_stale_data_set_and_an_unfair_balancer(a_lab: str, tmp_path: Path) -> None:
    """Last: the data set stays changed."""

    def tell(command: str) -> None:
        docker("exec", container("balancer"), "balancer-admin", command)

    writes = (
        "for i in $(seq 2001); do echo 'UPDATE photos SET likes_count = likes_count + 1 WHERE id = 1;'; done"
    )
    client = "MYSQL_PWD=$(cat /run/credentials/db/app_password) mysql --host=127.0.0.1 --user=app photos"
    primary = container("db-primary")
    docker("update", "--cpu-quota", "-1", primary)
    docker("exec", primary, "sh", "-c", f"({writes}) | {client}")
    try:
        measurement, err = measured(
            # one replica alone: a slow machine, too, must come to enough requests
            scenario(tmp_path, READING, duration_s=2 * WINDOW_S),
            lambda _probe: tell("set server web/web-2 state drain"),
        )
    finally:
        tell("set server web/web-2 state ready")
    assert measurement["writes"] >= 2001
    reason(measurement, err, "data set: ", "lab down -v && lab up")
    assert "web-2 answered" in reason(measurement, err, "balance: ", "lab status")
