"""Ctrl-C, SIGTERM and kill -9 at `bench` and `sweep`; other commands while a measurement runs in the same lab."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.commands import (
    CODES,
    Command,
    containers,
    eventually_none,
    lock_files,
    processes_about,
    temporary_folders,
)
from tests.docker_lab import docker, lab, lab_json, own, running

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
LAB = own("hit")
TOPOLOGY = ("--stage", "balanced")
SHORT = ("--duration", "6s", "--users", "4", "--lab", LAB)
INT, TERM, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGKILL


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(LAB, *TOPOLOGY) as address:
        yield address


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    return tmp_path / ".lab"


def probes() -> list[str]:
    """Return the measuring containers of the lab."""
    return [name for name in containers(LAB) if "-probe-" in name]


def quotas() -> set[str]:
    """Return the CPU quotas of the web replicas."""
    names = [name for name in containers(LAB) if "-web-" in name]
    return set(docker("inspect", "--format", "{{.HostConfig.CpuQuota}}", *names).split())


def replicas() -> list[str]:
    """Return the web replicas."""
    return sorted(c["service"] for c in lab_json("status", "--lab", LAB)["containers"] if c["tier"] == "web")


def nothing_is_left_of(command: Command, results: Path) -> None:
    """Check that nothing measures any more, that nothing half-written is kept, and that the lock is free."""
    assert eventually_none(lambda: processes_about(LAB)) == []
    assert not list(results.glob("runs/*"))
    if (
        command.process.returncode != -9
    ):  # after which a probe that was just being created may stay: `mended` sees
        assert probes() == []
        assert temporary_folders(command.pid) == []
        assert lock_files(LAB) == []


def mended(url: str) -> None:
    """Bring the lab back with one `up` and check that it is what it was."""
    lab("up", *TOPOLOGY, "--lab", LAB)
    assert replicas() == ["web-1", "web-2", "web-3"]
    assert quotas() == {"5000"}
    assert lock_files(LAB) == []
    assert probes() == []
    seen = {requests.get(f"{url}/whoami", timeout=10).json()["replica"] for _ in range(20)}
    assert seen == {"web-1", "web-2", "web-3"}


@pytest.mark.parametrize(
    ("instant", "sent"), [("probe", INT), ("probe", KILL), ("ramp", TERM), ("ramp", KILL)],
    ids=["probe-INT", "probe-KILL", "ramp-TERM", "ramp-KILL"],
)  # fmt: skip
def test_bench_is_hit(url: str, results: Path, instant: str, sent: signal.Signals) -> None:
    command = Command("bench", "read-heavy", *SHORT)
    command.reaches(lambda: bool(probes()))
    if instant == "ramp":
        command.reaches(lambda: quotas() != {"5000"})  # lifted while the cache fills
    command.hit(sent)
    assert command.ends() == CODES[sent]
    nothing_is_left_of(command, results)
    if sent != KILL:
        assert quotas() == {"5000"}
    lab("status", "--lab", LAB)
    mended(url)


@pytest.mark.parametrize(
    ("instant", "sent"), [("changing", INT), ("measuring", TERM), ("changing", KILL), ("measuring", KILL)],
    ids=["changing-INT", "measuring-TERM", "changing-KILL", "measuring-KILL"],
)  # fmt: skip
def test_sweep_is_hit(url: str, results: Path, instant: str, sent: signal.Signals) -> None:
    """A sweep that may clean up goes back to the topology that it found; after kill -9 the next `up` does."""
    command = Command("sweep", "read-heavy", "--replicas", "1,2", "--blocks", "1", "--yes", *SHORT)
    webs = lambda: [name for name in containers(LAB) if "-web-" in name]
    command.reaches((lambda: len(webs()) < 3) if instant == "changing" else (lambda: bool(probes())))
    command.hit(sent)
    assert command.ends() == CODES[sent]
    nothing_is_left_of(command, results)
    if sent != KILL:
        assert replicas() == ["web-1", "web-2", "web-3"]
        assert quotas() == {"5000"}
    assert lab("status", "--lab", LAB, check=False).returncode in {0, 4}
    mended(url)


def test_nothing_changes_a_lab_that_is_measured(url: str, results: Path) -> None:
    ids = docker("ps", "-q", "--no-trunc", "--filter", f"label=lab.name={LAB}", "--filter", "label=lab.tier")
    first = Command("bench", "read-heavy", *SHORT)
    first.reaches(lambda: bool(probes()))
    for line in (
        "up --stage single",
        "scale web=5",
        "down --volumes",
        "bench read-heavy",
        "sweep read-heavy --replicas 1,2",
    ):
        second = lab(*line.split(), "--lab", LAB, check=False)
        assert second.returncode == 3, f"{line}: {second.stderr}"
        assert f'Lab "{LAB}" is in use by `lab bench` (process {first.pid}, since ' in second.stderr
        assert f"kill {first.pid}" in second.stderr
    assert lab("status", "--lab", LAB).returncode == 0  # looking is always possible
    everything = lab("down", "--all", "--lab", LAB, check=False) if len(lab_json("ls")["labs"]) == 1 else None
    assert everything is None or everything.returncode == 3
    assert first.ends() in {0, 5}  # 5: a gate, on a machine that others use
    assert (
        docker("ps", "-q", "--no-trunc", "--filter", f"label=lab.name={LAB}", "--filter", "label=lab.tier")
        == ids
    )
    assert len(list(results.glob("runs/*/run.json"))) == 1


def test_a_full_disk_keeps_no_half_of_a_run(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DIR", "/proc/no-folder-can-be-made-here")
    done = lab("bench", "read-heavy", *SHORT, check=False)
    assert done.returncode == 3
    assert "cannot write the result" in done.stderr
    assert "LAB_DIR" in done.stderr
