"""What the lab asks the engine through the docker command, against a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.adapters.engine import DockerEngine
from lab.errors import LabError, MachineNotReady
from lab.model.cpu import Quota
from lab.model.state import LABEL_LAB, LABEL_ROLE, LABEL_SPEC, LABEL_TIER
from lab.tiers.base import image
from tests.docker_lab import docker, own

pytestmark = pytest.mark.docker
NAME = own("engine")
ENGINE = DockerEngine()


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


def test_a_container_is_found_by_its_lab(container: str) -> None:
    (found,) = ENGINE.containers(NAME)
    assert (found.id, found.lab, found.tier, found.state, found.oddity) == (
        container,
        NAME,
        "web",
        "running",
        "",
    )
    assert container in {each.id for each in ENGINE.containers()}
    assert NAME in ENGINE.lab_names()
    assert ENGINE.containers(own("nobody")) == []


def test_counters_and_quota(container: str) -> None:
    ENGINE.set_quota([container], Quota(period_us=50_000, quota_us=5_000))
    assert (
        docker("inspect", "--format", "{{.HostConfig.CpuPeriod}} {{.HostConfig.CpuQuota}}", container)
        == "50000 5000"
    )
    ENGINE.set_quota([container], None)
    assert docker("inspect", "--format", "{{.HostConfig.CpuQuota}}", container) == "-1"
    first, second = ENGINE.sample(container), ENGINE.sample(container)
    assert first.memory_bytes > 0
    assert second.t_s > first.t_s
    assert second.cpu_s >= first.cpu_s > 0


def test_stop_and_remove_do_not_mind_what_is_gone(container: str) -> None:
    gone = "0" * 64
    ENGINE.stop([container, gone], timeout_s=5)
    assert [each.state for each in ENGINE.containers(NAME)] == ["exited"]
    ENGINE.remove([gone, container])
    ENGINE.remove([container])
    ENGINE.remove([])
    ENGINE.stop([])
    assert ENGINE.containers(NAME) == []


def test_images_that_are_not_there_have_no_id() -> None:
    here, missing = image("web"), "scalability-lab/nothing:0"
    found = ENGINE.image_ids([missing, here])
    assert found == {here: docker("image", "inspect", "--format", "{{.Id}}", here)}
    assert ENGINE.image_ids([missing]) == {}
    assert ENGINE.image_ids([]) == {}


def test_the_machine_is_the_engines() -> None:
    machine = ENGINE.machine()
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
    for ask in (ENGINE.containers, ENGINE.machine, ENGINE.lab_names):
        with pytest.raises(MachineNotReady) as caught:
            ask()
        assert words in caught.value.message
        assert caught.value.hint


def test_a_container_that_is_not_there_has_no_counters() -> None:
    with pytest.raises(LabError, match="No such container"):
        ENGINE.sample("0" * 64)
