"""Ctrl-C, SIGTERM and kill -9 at `up`, `scale` and `down`; two commands at once; names that are not ours."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
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
    traces,
)
from tests.docker_lab import docker, lab, lab_json, own, running

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]
INT, TERM, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGKILL


def states(name: str) -> list[str]:
    """Return the states of a lab's containers."""
    return docker("ps", "-a", "--filter", f"label=lab.name={name}", "--format", "{{.State}}").split()


def nothing_is_left_of(command: Command, name: str) -> None:
    """Check that no child works on, and that a command that could clean up did."""
    assert eventually_none(lambda: processes_about(name)) == []
    if command.process.returncode != -9:
        assert temporary_folders(command.pid) == []
        assert lock_files(name) == []


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """A lab's name with nothing behind it, and nothing behind it afterwards."""
    name = own("hit-up")
    yield name
    lab("down", "--volumes", "--lab", name)


@pytest.mark.parametrize(
    ("instant", "sent"),
    [("planned", INT), ("creating", TERM), ("creating", KILL), ("starting", INT), ("starting", KILL)],
)
def test_up_is_hit(fresh: str, instant: str, sent: signal.Signals) -> None:
    command = Command("up", "--stage", "balanced", "--lab", fresh)
    reached = {
        "planned": "containers, about",
        "creating": lambda: bool(containers(fresh)),
        "starting": lambda: states(fresh).count("running") >= 2,
    }
    command.reaches(reached[instant])
    command.hit(sent)
    assert command.ends() == CODES[sent]
    nothing_is_left_of(command, fresh)
    # whatever is there now: looking at it is possible, and so is going on, or going away
    assert lab("status", "--lab", fresh, check=False).returncode in {0, 4}
    assert lab("ls").returncode == 0
    if instant == "starting":
        document = lab_json("up", "--stage", "balanced", "--lab", fresh)
        assert requests.get(document["url"], timeout=10).status_code == 200
        lab("status", "--lab", fresh)
    lab("down", "--volumes", "--lab", fresh)
    assert temporary_folders(command.pid) == []
    assert traces(fresh) == []


@pytest.fixture(scope="module")
def balanced() -> Iterator[str]:
    name = own("hit-scale")
    with running(name, "--stage", "balanced"):
        yield name


@pytest.mark.parametrize(
    ("count", "sent"),
    [(5, INT), (6, KILL), (2, TERM), (1, KILL)],
    ids=["add-INT", "add-KILL", "drain-TERM", "drain-KILL"],
)
def test_scale_is_hit(balanced: str, count: int, sent: signal.Signals) -> None:
    before = len(containers(balanced))
    command = Command("scale", f"web={count}", "--lab", balanced)
    command.reaches(
        lambda: len(containers(balanced)) != before
    )  # in the middle: one has come, or one has gone
    command.hit(sent)
    assert command.ends() == CODES[sent]
    nothing_is_left_of(command, balanced)
    assert lab("status", "--lab", balanced, check=False).returncode in {0, 4}
    document = lab_json("up", "--stage", "balanced", "--lab", balanced)
    assert sorted(c["service"] for c in document["containers"] if c["tier"] == "web") == [
        "web-1",
        "web-2",
        "web-3",
    ]
    # A drained one came back, too. Once, one was not among the first 20 answers, and nobody has found out why; what must
    # not be is that it stays away.
    seen, deadline_s = set(), time.monotonic() + 6
    while seen != {"web-1", "web-2", "web-3"} and time.monotonic() < deadline_s:
        seen.add(requests.get(f"{document['url']}whoami", timeout=10).json()["replica"])
    assert seen == {"web-1", "web-2", "web-3"}
    lab("status", "--lab", balanced)
    assert temporary_folders(command.pid) == []


def test_lifted_quotas_are_put_back_by_up(balanced: str) -> None:
    planned = "{{.HostConfig.CpuQuota}}"
    before = docker("inspect", "--format", planned, f"{balanced}-web-1-1")
    docker("update", "--cpu-quota=-1", f"{balanced}-web-1-1", f"{balanced}-db-primary-1")
    lab("up", "--stage", "balanced", "--lab", balanced)
    assert docker("inspect", "--format", planned, f"{balanced}-web-1-1") == before
    assert int(docker("inspect", "--format", planned, f"{balanced}-db-primary-1")) > 0


def test_up_waits_for_a_database_that_a_killed_command_has_just_started(balanced: str) -> None:
    primary = f"{balanced}-db-primary-1"
    docker("stop", primary)
    docker("update", "--cpu-quota=10000", primary)  # so that it takes seconds to serve
    docker("start", primary)
    document = lab_json("up", "--stage", "balanced", "--lab", balanced)
    assert requests.get(document["url"], timeout=10).status_code == 200


def test_passwords_that_a_killed_command_did_not_make_are_made(balanced: str) -> None:
    """Its databases run by then, and wait for them."""
    carrier = f"{balanced}-credentials-1"
    words = _labels_of(carrier)
    image = docker("inspect", "--format", "{{.Image}}", carrier)
    docker("rm", carrier)
    docker("create", "--name", carrier, *words, image)
    lab("up", "--stage", "balanced", "--lab", balanced)
    assert docker("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", carrier) == "exited 0"


def test_a_half_made_password_is_in_nobodys_way(balanced: str) -> None:
    """Killed between a file's making and its naming: nobody may write to that file any more, its maker included."""
    carrier, volume = f"{balanced}-credentials-1", f"{balanced}_credentials:/c"
    inside = ["run", "--rm", "--network", "none", "--user", "4000:4000", "-v", volume, "--entrypoint", "sh"]
    image = docker("inspect", "--format", "{{.Image}}", carrier)
    halve = "cd /c; mv db/repl_password db/repl_password.new; printf x > db/keys/cert.pem.new; chmod 440 db/keys/*.new"
    docker(*inside, image, "-ec", halve)
    assert docker("start", "--attach", carrier) == ""
    left = docker(*inside, image, "-ec", "cd /c; wc -c < db/repl_password; find . -name '*.new'")
    assert left == "32"


def _labels_of(container: str) -> list[str]:
    labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", container))
    return [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]


def test_what_compose_was_about_to_rename_is_in_nobodys_way(balanced: str) -> None:
    """Killed between making the new container and renaming it: the next command would take the same name."""
    old = docker("inspect", "--format", "{{.Id}}", f"{balanced}-credentials-1")
    half_made = f"{old[:12]}_{balanced}-credentials-1"
    docker("create", "--name", half_made, *_labels_of(old), docker("inspect", "--format", "{{.Image}}", old))
    lab("up", "--stage", "balanced", "--replicas", "4", "--lab", balanced)
    assert half_made not in docker("ps", "-a", "--format", "{{.Names}}").split()
    lab("up", "--stage", "balanced", "--lab", balanced)
    lab("status", "--lab", balanced)


def test_two_ups_of_one_lab_from_two_folders(balanced: str, tmp_path: Path) -> None:
    """One name is one lab, wherever it is typed: the second waits, then changes what the first has made."""
    (tmp_path / "elsewhere").mkdir()
    first = Command("up", "--stage", "balanced", "--replicas", "4", "--lab", balanced)
    first.reaches("replicas: 3 → 4")
    second = Command(
        "up", "--stage", "balanced", "--replicas", "2", "--lab", balanced, cwd=tmp_path / "elsewhere"
    )
    second.reaches(f"waiting for `lab up` (process {first.pid}, since ")
    assert (first.ends(), second.ends()) == (0, 0)
    assert "replicas: 4 → 2" in second.err
    lab("status", "--lab", balanced)
    assert lab_json("status", "--lab", balanced)["topology"]["replicas"] == 2
    lab("up", "--stage", "balanced", "--lab", balanced)


def test_looking_never_waits(balanced: str) -> None:
    first = Command("scale", "web=5", "--lab", balanced)
    first.reaches("replicas: 3 → 5")
    first.process.send_signal(signal.SIGSTOP)  # it holds the lab: who waits for it now waits in vain
    try:
        for line in ("status", "ls", "logs --tail 1", "runs"):
            assert lab(*line.split(), "--lab", balanced, check=False, timeout_s=60).returncode in {0, 4}
        assert first.process.poll() is None
    finally:
        first.process.send_signal(signal.SIGCONT)
    assert first.ends() == 0
    lab("up", "--stage", "balanced", "--lab", balanced)


@pytest.mark.parametrize("sent", [INT, KILL])
def test_down_is_hit(sent: signal.Signals) -> None:
    name = own("hit-down")
    with running(name, "--stage", "single"):
        before = len(containers(name))
        command = Command("down", "--volumes", "--lab", name)
        command.reaches(lambda: states(name).count("running") < before - 1)
        command.hit(sent)
        assert command.ends() in {CODES[sent], 0}  # 0: the rest was already on its way
        nothing_is_left_of(command, name)
        assert lab("status", "--lab", name, check=False).returncode == 4
    assert traces(name) == []


def test_down_during_up_waits_for_it() -> None:
    name = own("down-up")
    try:
        first = Command("up", "--stage", "single", "--lab", name)
        first.reaches(lambda: bool(containers(name)))
        second = Command("down", "--volumes", "--lab", name)
        second.reaches(f"waiting for `lab up` (process {first.pid}")
        assert (first.ends(), second.ends()) == (0, 0)
        assert traces(name) == []
    finally:
        lab("down", "--volumes", "--lab", name)


def test_a_busy_port() -> None:
    name = own("busy-port")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        try:
            done = lab("up", "--stage", "single", "--port", str(port), "--lab", name, check=False)
            assert done.returncode == 3
            assert f"--port: the engine refuses 127.0.0.1:{port}: in use." in done.stderr
            document = lab_json(
                "up", "--stage", "single", "--lab", name
            )  # without --port: the first that is free
            assert f":{port}/" not in document["url"]
            assert requests.get(document["url"], timeout=10).status_code == 200
        finally:
            lab("down", "--volumes", "--lab", name)
    assert traces(name) == []


FOREIGN = """
services:
  thing:
    image: {image}
    entrypoint: ["sleep", "600"]
    volumes: ["data:/data"]
volumes:
  data:
"""


@pytest.fixture
def foreign() -> Iterator[str]:
    """A compose project of somebody else: a container, a network, a volume."""
    name = own("foreign")
    image = lab_json("images", "list")["images"]
    reference = next(row["reference"] for row in image if row["name"] == "cache")
    argv = ["docker", "compose", "-p", name, "-f", "-"]
    text = FOREIGN.format(image=reference)
    subprocess.run([*argv, "up", "-d"], input=text, text=True, capture_output=True, check=True, timeout=60)
    yield name
    subprocess.run(
        [*argv, "down", "--volumes", "-t", "0"],
        input=text,
        text=True,
        capture_output=True,
        check=True,
        timeout=60,
    )


def test_a_project_of_somebody_else_is_not_touched(foreign: str) -> None:
    label = f"label=com.docker.compose.project={foreign}"

    def everything() -> list[str]:
        kinds = ("container ls -a", "network ls", "volume ls")
        return [docker(*kind.split(), "-q", "--filter", label) for kind in kinds]

    before = everything()
    assert all(before)
    for line in (
        "up --stage single",
        "down",
        "down --volumes",
        "status",
        "scale web=2",
        "sweep read-heavy --replicas 1,2",
    ):
        done = lab(*line.split(), "--lab", foreign, check=False)
        assert done.returncode == 2, f"{line}: {done.stderr}"
        assert f'"{foreign}" is the name of a compose project that is not a lab' in done.stderr
    assert foreign not in {row["lab"] for row in lab_json("ls")["labs"]}
    assert everything() == before
    docker("compose", "-p", foreign, "stop", "-t", "0")  # stopped, it is still somebody's
    assert lab("down", "--lab", foreign, check=False).returncode == 2
    assert everything() == before


def test_down_leaves_no_trace_of_any_kind() -> None:
    name = own("trace")
    with running(name, "--stage", "shared"):
        assert len(traces(name)) > 8
        orphan = docker(
            "run", "-d", "--label", f"lab.name={name}", "--label", "lab.role=probe", "--label", "lab.owner=gone:1",
            "--entrypoint", "sleep", lab_json("images", "list")["images"][0]["reference"].replace("/base:", "/probe:"), "600",
        )  # fmt: skip
        assert any(row["lab"] == name for row in lab_json("ls")["labs"])
        assert orphan
    assert traces(name) == []


def test_what_a_killed_measurement_left_is_listed_and_removed_exactly(balanced: str) -> None:
    name = own("orphan")
    probe = next(row["reference"] for row in lab_json("images", "list")["images"] if row["name"] == "probe")
    docker(
        "run", "-d", "--name", f"{name}-probe-1", "--label", f"lab.name={name}", "--label", "lab.role=probe",
        "--label", "lab.owner=gone:1", "--entrypoint", "sleep", probe, "600",
    )  # fmt: skip
    docker(
        "network",
        "create",
        "--label",
        f"lab.name={name}",
        "--label",
        f"com.docker.compose.project={name}",
        f"{name}_web",
    )
    row = next(row for row in lab_json("ls")["labs"] if row["lab"] == name)
    assert (row["running"], row["topology"]) == (1, None)
    others = containers(balanced)
    lab("down", "--volumes", "--lab", name)
    assert traces(name) == []
    assert containers(balanced) == others
