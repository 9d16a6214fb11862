"""The engine is elsewhere: every command against an engine that is reached only through its socket.

The first test builds two images in it from nothing; all of them, which takes as long as on the engine of this machine a
moment ago, only with LAB_BUILD_ALL=1 (`make versions`). The other tests use that engine's images.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from lab.model.images import IMAGES, with_parents
from tests.docker_lab import docker, lab, lab_json, own
from tests.e2e.conftest import BUSY, assert_measured
from tests.elsewhere import CORES, MEMORY_BYTES, Elsewhere, PeakMemory

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
LAB = own("far")
PORT = 18437  # nothing on this machine listens there
SHORT = ("--duration", "8s", "--users", "8")
GIB = 2**30


@pytest.fixture(scope="module")
def away(elsewhere: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Make it the engine of every command of this module; caches and results in folders of their own."""
    with pytest.MonkeyPatch.context() as patch:
        elsewhere.use(patch)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("LAB_DIR", str(tmp_path_factory.mktemp("results") / ".lab"))
        patch.setenv("BROWSER", "true")
        yield elsewhere


@pytest.fixture(scope="module")
def far(away: Elsewhere) -> Iterator[str]:
    """Keep one lab running for the tests that only look at it or measure it."""
    away.load()
    try:
        lab_json("up", "--stage", "cached", "--db-replicas", "1", "--port", str(PORT), "--lab", LAB)
        yield LAB
    finally:
        lab("down", "--volumes", "--lab", LAB)


@pytest.mark.timeout(2400)
def test_images_are_built_from_nothing_in_3_8_gib(
    away: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    """The peak that counts is of anonymous memory: the page cache fills what is left, and gives way."""
    assert lab_json("images", "list")["images"][0]["state"] == "missing"
    names = list(IMAGES) if os.environ.get("LAB_BUILD_ALL") else with_parents({"cache"})
    start_s = time.monotonic()
    with PeakMemory(away) as peak:
        document = lab_json("images", "build", *names, timeout_s=2300)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(names)} images from nothing, elsewhere: {time.monotonic() - start_s:.0f} s, peak memory "
            f"{peak.anonymous_bytes / GIB:.2f} GiB, {peak.usage_bytes / GIB:.2f} GiB with the page cache, of {MEMORY_BYTES / GIB:.1f} GiB\n"
        )
    assert document["built"] == names
    ready = {row["name"] for row in lab_json("images", "list")["images"] if row["state"] == "ready"}
    assert ready == set(names)
    assert peak.killed == 0
    assert 0 < peak.anonymous_bytes < 0.75 * MEMORY_BYTES  # a desktop's virtual machine runs other things too
    away.docker(
        "image", "rm", "--force", *(IMAGES[name].reference for name in names)
    )  # no other image fits them


def test_doctor_sees_the_machine_of_the_engine(away: Elsewhere) -> None:
    away.load("base")
    document = lab_json("doctor")
    facts = document["facts"]
    assert document["ready"]
    assert (facts["is_local"], facts["cores"]) == (False, CORES)
    assert facts["memory_bytes"] / GIB == pytest.approx(3.8, abs=0.05)
    assert 0 < facts["memory_free_bytes"] < facts["memory_bytes"]
    assert facts["disk_free_bytes"] > 0
    said = " ".join(lab("doctor").stdout.split())
    assert f"on {away.container}" in said
    assert "not on this machine itself" in said
    assert "3.8 GiB" in said


def test_a_docker_context_leads_there_too(
    away: Elsewhere, far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST")
    docker("context", "create", "far-away", "--docker", f"host={away.host}")
    monkeypatch.setenv("DOCKER_CONTEXT", "far-away")
    assert lab_json("status", "--lab", far)["topology"]["replicas"] == 3
    monkeypatch.delenv("DOCKER_CONTEXT")
    docker("context", "use", "far-away")
    assert [row["lab"] for row in lab_json("ls")["labs"]] == [far]
    assert_measured(lab("bench", "read-heavy", *SHORT, "--json", "--lab", far, check=False))


def _lab_answers(address: str) -> bool:
    """Ask for what only the photo site says; a gateway that answers for every address is not it."""
    try:
        return "replica" in requests.get(f"http://{address}/whoami", timeout=3).json()
    except requests.RequestException:  # also what is no JSON
        return False


def test_nothing_is_reached_but_the_engine(away: Elsewhere, far: str) -> None:
    """Ports are not on our loopback, containers have no route: what `lab up` waited for went through the engine."""
    assert lab_json("status", "--lab", far)["url"] == f"http://127.0.0.1:{PORT}/"
    assert not _lab_answers(f"127.0.0.1:{PORT}")
    address = docker(
        "inspect", "--format", "{{(index .NetworkSettings.Networks \"" + far + "_edge\").IPAddress}}", f"{far}-balancer-1"
    )  # fmt: skip
    assert address.startswith("10.214.")
    assert not _lab_answers(address)
    code = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{PORT}/whoami').read().decode())"
    argv = ("run", "--rm", "--network", "host", "--entrypoint", "python3", IMAGES["probe"].reference)
    assert "replica" in json.loads(docker(*argv, "-c", code))


def test_no_path_of_this_machine_is_mounted(away: Elsewhere, far: str) -> None:
    bench = subprocess.Popen(
        [sys.executable, "-m", "lab", "bench", "read-heavy", *SHORT, "--lab", far], env=os.environ,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        mounts: dict[str, set[str]] = {}
        deadline_s = time.monotonic() + 60
        while not any("probe" in name for name in mounts) and time.monotonic() < deadline_s:
            ids = docker("ps", "-aq", "--filter", f"label=lab.name={far}").split()
            template = "{{.Name}}{{range .Mounts}} {{.Type}}{{end}}"
            rows = [
                row.split() for row in docker("inspect", "--format", template, *ids, check=False).splitlines()
            ]
            mounts |= {row[0]: set(row[1:]) for row in rows if row}
        assert any("probe" in name for name in mounts)
        assert set().union(*mounts.values()) <= {"volume", "tmpfs"}
        binds = docker(
            "inspect", "--format", "{{range .HostConfig.Binds}}{{println .}}{{end}}", *ids, check=False
        )
        assert not [bind for bind in binds.split() if bind.startswith("/")]
    finally:
        bench.wait(timeout=180)


def test_looking_at_it(away: Elsewhere, far: str) -> None:
    assert "web-3" in lab("status", "--lab", far).stdout
    assert [row["lab"] for row in lab_json("ls")["labs"]] == [far]
    assert "balancer" in lab("logs", "balancer", "--tail", "5", "--lab", far).stdout
    assert "PHP 8" in lab("shell", "web-1", "--lab", far, "--", "php", "-v").stdout
    assert lab("open", "--lab", far).stdout.strip() == f"http://127.0.0.1:{PORT}/"
    assert "read-heavy" in lab("scenarios").stdout
    text = lab("compose", "--stage", "cached").stdout
    done = subprocess.run(
        ["docker", "compose", "-f", "-", "-p", own("plain"), "config", "--quiet"],
        input=text, text=True, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_scaling(away: Elsewhere, far: str) -> None:
    assert lab_json("scale", "web=4", "--lab", far)["changed"]["added"] == ["web-4"]
    assert lab_json("scale", "web=3", "--lab", far)["changed"]["removed"] == ["web-4"]


def test_measuring(away: Elsewhere, far: str, tmp_path: Path) -> None:
    argv = ("bench", "read-heavy", *SHORT, "--save-as", "far", "--json", "--lab", far)
    document = assert_measured(lab(*argv, check=False))
    assert document["environment"]["cores"] == CORES
    assert "containerized" in document["environment"]["os"]
    assert document["environment"]["memory_bytes"] / GIB == pytest.approx(3.8, abs=0.05)
    argv = (
        "sweep",
        "read-heavy",
        "--replicas",
        "1..3",
        "--blocks",
        "1",
        *SHORT,
        "--yes",
        "--json",
        "--lab",
        far,
    )
    sweep = json.loads(lab(*argv, check=False).stdout)
    assert [point["label"] for point in sweep["points"]] == ["1", "2", "3"]
    measured = [measurement for point in sweep["points"] for measurement in point["measurements"]]
    assert [measurement["failures"] for measurement in measured] == [0] * len(measured)
    assert not [problem for m in measured for problem in m["problems"] if not problem.startswith(BUSY)]
    assert lab_json("status", "--lab", far)["topology"]["replicas"] == 3
    assert {run["id"] for run in lab_json("runs")["runs"]} >= {document["id"], sweep["id"]}
    page = tmp_path / "both.html"
    lab("report", "far", sweep["id"], "--out", str(page))
    assert "read-heavy" in page.read_text(encoding="utf-8")


def test_own_app(away: Elsewhere, far: str, tmp_path: Path) -> None:
    (tmp_path / "index.php").write_text('<?php echo "hello from ", gethostname();')
    name = own("app")
    try:
        lab("up", "--stage", "single", "--app", str(tmp_path), "--lab", name)
        code = "import urllib.request as u; print(u.urlopen('http://web-1/').read().decode())"
        argv = (
            "run",
            "--rm",
            "--network",
            f"{name}_web",
            "--entrypoint",
            "python3",
            IMAGES["probe"].reference,
        )
        assert docker(*argv, "-c", code) == "hello from web-1"
    finally:
        lab("down", "--volumes", "--lab", name)


def test_images_go_into_a_file_and_come_back(away: Elsewhere, far: str, tmp_path: Path) -> None:
    file = tmp_path / "all.tar"
    assert len(lab_json("images", "save", str(file), timeout_s=600)["images"]) >= len(IMAGES) - 2
    assert lab_json("images", "load", str(file), timeout_s=600)["loaded"] == []
    gone = IMAGES[
        "store"
    ].reference  # the running lab has stored nothing yet: its container is of another stage
    lab("up", "--stage", "single", "--lab", far)
    docker("image", "rm", "--no-prune", gone)
    assert "store" in lab_json("images", "load", str(file), timeout_s=600)["loaded"]
    assert gone in docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()


def test_down_leaves_nothing(away: Elsewhere, far: str) -> None:
    lab("down", "--volumes", "--lab", far)
    for kind in ("ps -aq", "volume ls -q", "network ls -q"):
        assert docker(*kind.split(), "--filter", f"label=lab.name={far}") == ""
