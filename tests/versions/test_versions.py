"""Other releases of Engine and Compose, for real. Not part of `make test`: `make versions` (docs/engines.md has results)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.model.images import IMAGES
from tests.docker_lab import docker, lab, lab_json, own
from tests.e2e.conftest import assert_measured
from tests.elsewhere import Elsewhere, engine
from tests.versions.programs import (
    BUILDX,
    CLIENT,
    COMPOSE,
    ENGINE_24,
    ENGINE_29,
    FromGo,
    compose_of_sid,
    from_go,
)

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(2400)]
LAB = own("version")
SHORT = ("--duration", "8s", "--users", "8")


@pytest.fixture(autouse=True)
def _results_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))


def _go() -> None:
    if not shutil.which("go"):
        pytest.skip("no Go on this machine: this release cannot be built")


def _whole_life(capsys: pytest.CaptureFixture[str]) -> None:
    """Start, change, measure and remove a lab; say with which releases."""
    states = {row["name"]: row["state"] for row in lab_json("images", "list")["images"]}
    assert set(states.values()) == {"ready"}, (
        f"{states}: they were ready before they were copied; or run make images"
    )
    facts = lab_json("doctor")["facts"]
    said = f"\nEngine {facts['engine_version']} (API {facts['api_version']}), Compose {facts['compose_version']}: "
    try:
        lab("up", "--stage", "cached", "--db-replicas", "1", "--lab", LAB)
        check = docker("inspect", "--format", "{{json .Config.Healthcheck}}", f"{LAB}-balancer-1")
        assert ("StartInterval" in check) == (facts["api_version"] != "1.43")
        assert lab_json("scale", "web=4", "--lab", LAB)["changed"]["added"] == ["web-4"]
        assert lab_json("scale", "web=2", "--lab", LAB)["changed"]["removed"] == ["web-3", "web-4"]
        document = assert_measured(lab("bench", "read-heavy", *SHORT, "--json", "--lab", LAB, check=False))
        measurement = document["points"][0]["measurements"][0]
        assert {use["tier"] for use in measurement["use"]} >= {
            "balancer",
            "web",
            "cache",
            "db-primary",
            "db-replica",
        }
        said += f"{measurement['requests']} requests, valid: {document['valid']}\n"
    finally:
        lab("down", "--volumes", "--lab", LAB)
    for kind in ("ps -aq", "volume ls -q", "network ls -q"):
        assert docker(*kind.split(), "--filter", f"label=lab.name={LAB}") == ""
    with capsys.disabled():
        sys.stdout.write(said)


@pytest.fixture
def engine_of(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Elsewhere]:
    """Start the engine that the parameter names, with our images in it."""
    wanted = request.param
    dockerd = None
    if isinstance(wanted, FromGo):
        _go()
        dockerd = from_go(wanted, tmp_path)
    base = wanted.base if isinstance(wanted, FromGo) else wanted
    with engine("version", base=base, dockerd=dockerd) as found:
        found.load()
        found.use(monkeypatch)
        yield found


@pytest.mark.parametrize(
    "engine_of", [ENGINE_24, "base-sid", ENGINE_29], ids=["24", "sid", "29"], indirect=True
)
def test_engine(engine_of: Elsewhere, capsys: pytest.CaptureFixture[str]) -> None:
    _whole_life(capsys)


def _plug_in(programs: dict[str, Path], config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make them the plug-ins of the docker command."""
    folder = config / "cli-plugins"
    folder.mkdir(parents=True)
    for name, program in programs.items():
        shutil.copy(program, folder / name)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("DOCKER_CONFIG", str(config))


@pytest.mark.parametrize("wanted", ["sid", COMPOSE], ids=["sid", "5"])
def test_compose(
    wanted: str | FromGo, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if isinstance(wanted, FromGo):
        _go()
        program = from_go(wanted, tmp_path)
    else:
        program = compose_of_sid(tmp_path)
    elsewhere.load()
    elsewhere.use(monkeypatch)
    _plug_in({"docker-compose": program}, tmp_path / "config", monkeypatch)
    installed = lab_json("doctor")["facts"]["compose_version"]
    assert installed.lstrip("v").split(".")[0] != "1"
    _whole_life(capsys)


@pytest.mark.parametrize("engine_of", [ENGINE_29], ids=["29"], indirect=True)
def test_all_programs_new(
    engine_of: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one gets who installs Docker now: client, plug-ins and engine, and an image built and carried with them."""
    made = {what.name: from_go(what, tmp_path / what.name) for what in (CLIENT, COMPOSE, BUILDX)}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").symlink_to(made.pop("docker"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    _plug_in(made, tmp_path / "config", monkeypatch)
    assert CLIENT.version.startswith(f"v{docker('version', '--format', '{{.Client.Version}}')}")
    file = tmp_path / "images.tar"
    lab("images", "save", str(file), timeout_s=600)
    reference = IMAGES["balancer"].reference
    docker("image", "rm", reference)
    assert lab_json("images", "build", "balancer")["built"] == ["balancer"]
    assert lab_json("images", "build", "balancer")["built"] == []
    docker("image", "rm", reference)
    assert lab_json("images", "load", str(file), timeout_s=600)["loaded"] == ["balancer"]
    _whole_life(capsys)
