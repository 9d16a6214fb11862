"""What the lab asks the engine, through its socket and through the docker command, against a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.adapters.engine import DockerEngine
from lab.adapters.engine_socket import SocketEngine, engine_at_hand
from lab.errors import LabError, MachineNotReady
from lab.model.cpu import Quota
from lab.model.state import LABEL_LAB, LABEL_ROLE, LABEL_SERVICE, LABEL_SPEC, LABEL_TIER, Container, Happening
from lab.tiers.base import image
from tests.docker_lab import docker, own

pytestmark = pytest.mark.docker
NAME = own("engine")
SCRIPT = "cat /etc/lab/words; echo said >&2; exit $CODE"


@pytest.fixture(params=["socket", "command"])
def engine(request: pytest.FixtureRequest) -> DockerEngine:
    """The same engine, spoken to in both ways."""
    found = engine_at_hand() if request.param == "socket" else DockerEngine()
    assert isinstance(found, SocketEngine) == (request.param == "socket"), (
        "this machine's engine has no socket"
    )
    return found


@pytest.fixture
def container() -> Iterator[str]:
    """A container that looks like a lab's and sleeps; its id."""
    labels = {LABEL_LAB: NAME, LABEL_TIER: "web", LABEL_SPEC: "0", LABEL_ROLE: "probe"}
    words = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    found = docker(
        "run", "--detach", "--init", "--network", "none", *words, "--entrypoint", "sleep", image("web"), "600"
    )
    yield found
    docker("rm", "--force", found, check=False)


def test_a_container_is_found_by_its_lab(engine: DockerEngine, container: str) -> None:
    (found,) = engine.containers(NAME)
    assert (found.id, found.lab, found.tier, found.state, found.oddity) == (
        container,
        NAME,
        "web",
        "running",
        "",
    )
    assert container in {each.id for each in engine.containers()}
    assert NAME in engine.lab_names()
    assert engine.containers(own("nobody")) == []


def test_counters_and_quota(engine: DockerEngine, container: str) -> None:
    engine.set_quota([container], Quota(period_us=50_000, quota_us=5_000))
    assert (
        docker("inspect", "--format", "{{.HostConfig.CpuPeriod}} {{.HostConfig.CpuQuota}}", container)
        == "50000 5000"
    )
    engine.set_quota([container], None)
    assert docker("inspect", "--format", "{{.HostConfig.CpuQuota}}", container) == "-1"
    first, second = engine.sample(container), engine.sample(container)
    assert first.memory_bytes > 0
    assert second.t_s > first.t_s
    assert second.cpu_s >= first.cpu_s > 0


def test_stop_and_remove_do_not_mind_what_is_gone(engine: DockerEngine, container: str) -> None:
    gone = "0" * 64
    engine.stop([container, gone], timeout_s=5)
    assert [each.state for each in engine.containers(NAME)] == ["exited"]
    engine.remove([gone, container])
    engine.remove([container])
    engine.remove([])
    engine.stop([])
    assert engine.containers(NAME) == []


def test_images_that_are_not_there_have_no_id(engine: DockerEngine) -> None:
    here, missing = image("web"), "scalability-lab/nothing:0"
    found = engine.image_ids([missing, here])
    assert found == {here: docker("image", "inspect", "--format", "{{.Id}}", here)}
    assert engine.image_ids([missing]) == {}
    assert engine.image_ids([]) == {}


def test_the_machine_is_the_engines(engine: DockerEngine) -> None:
    machine = engine.machine()
    assert machine.cores == int(docker("info", "--format", "{{.NCPU}}"))
    assert machine.engine_version == docker("version", "--format", "{{.Server.Version}}")
    assert machine.api_version == docker("version", "--format", "{{.Server.APIVersion}}")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DOCKER_HOST", "unix:///none.sock", "No Docker engine answers"),
        ("DOCKER_HOST", "tcp://127.0.0.1:1", "No Docker engine answers"),
        ("DOCKER_HOST", "nonsense://x", "names no engine"),
        ("DOCKER_CONTEXT", "nobody-has-it", "names no engine"),
    ],
)
def test_an_engine_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv(variable, value)
    for ask in (DockerEngine.containers, DockerEngine.machine, DockerEngine.lab_names):
        with pytest.raises(MachineNotReady) as caught:
            ask(engine_at_hand())
        assert words in caught.value.message
        assert caught.value.hint


def test_a_container_that_is_not_there_has_no_counters(engine: DockerEngine) -> None:
    with pytest.raises(LabError, match="No such container"):
        engine.sample("0" * 64)


@pytest.fixture
def made() -> Iterator[dict[int, str]]:
    """Containers that were only created: the id of one that ends with 0, and of one that ends with 3."""
    found = {}
    try:
        for code in (0, 3):
            labels = {LABEL_LAB: NAME, LABEL_TIER: "web", LABEL_SPEC: "0", LABEL_SERVICE: f"code-{code}"}
            words = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
            found[code] = docker("create", "--network", "none", *words, "--env", f"CODE={code}", "--entrypoint", "sh",
                                 image("web"), "-c", SCRIPT)  # fmt: skip
        yield found
    finally:
        docker("rm", "--force", *found.values(), check=False)


def test_files_go_in_and_a_container_runs_to_its_end(engine: DockerEngine, made: dict[int, str]) -> None:
    text = "# how it is: ä\n" * 3
    for container in made.values():
        engine.put_files(container, {"/etc/lab/words": text})
    with engine.changes(NAME) as changes:
        engine.run_once(made[0])
        assert changes.wait(5) == [Happening(service="code-0", kind="ended")]
        with pytest.raises(LabError, match="said"):
            engine.run_once(made[3])
        assert changes.wait(5) == [Happening(service="code-3", kind="ended")]
        assert changes.wait(0.1) == []
    assert docker("logs", made[0]).startswith(text.strip())
    copied = docker("cp", f"{made[0]}:/etc/lab/words", "-")
    assert "ä" in copied
    assert {each.state for each in engine.containers(NAME)} == {"exited"}


def test_a_start_that_fails_says_why(engine: DockerEngine) -> None:
    with pytest.raises(LabError, match="No such container"):
        engine.start(["0" * 64])
    with pytest.raises(LabError, match="0000"):
        engine.put_files("0" * 64, {"/x": "y"})


def test_both_ways_see_the_same(container: str, made: dict[int, str]) -> None:
    ways = (engine_at_hand(), DockerEngine())
    for ask in (_all_of, DockerEngine.lab_names, DockerEngine.machine, _foreign, _images):
        over_socket, by_command = (ask(way) for way in ways)
        assert over_socket == by_command
    assert {each.id for each in _all_of(ways[0])} == {container, *made.values()}


def _all_of(engine: DockerEngine) -> list[Container]:
    return sorted(engine.containers(NAME), key=lambda each: each.id)


def _foreign(engine: DockerEngine) -> list[str]:
    return engine.foreign(NAME)


def _images(engine: DockerEngine) -> dict[str, str]:
    return engine.image_ids([image("web"), image("db"), image("nothing")])


def test_a_docker_command_that_is_none_beside_a_real_engine(tmp_path: Path) -> None:
    """The engine itself answers, so nothing shows before compose is needed."""
    stand_in = tmp_path / "bin" / "docker"
    stand_in.parent.mkdir()
    stand_in.write_text("#!/bin/sh\necho hello\n")
    stand_in.chmod(0o755)
    for path, words in ((stand_in.parent, "has not made credentials"), (tmp_path, "is not on this machine")):
        done = subprocess.run(
            [sys.executable, "-m", "lab", "up", "--stage", "single", "--lab", NAME],
            capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "PATH": str(path), "COLUMNS": "200"},
        )  # fmt: skip
        assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
        assert words in done.stderr
        assert "hint:" in done.stderr
    assert engine_at_hand().containers(NAME) == []
