"""The engine is elsewhere, and its surroundings are rough: proxies, no free addresses, taken ports, an older API."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.adapters.build import DockerImages
from lab.model.images import IMAGES, PREFIX, Image
from tests.docker_lab import docker, lab, lab_json, own
from tests.e2e.conftest import assert_measured
from tests.elsewhere import NETWORKS, Elsewhere
from tests.older_api import older_api

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
SHORT = ("--duration", "8s", "--users", "8")
DEAD_PROXY = "http://127.0.0.1:9"  # whoever uses it fails
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.fixture(scope="module")
def away(elsewhere: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Make it the engine of every command of this module."""
    elsewhere.load()
    with pytest.MonkeyPatch.context() as patch:
        elsewhere.use(patch)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("LAB_DIR", str(tmp_path_factory.mktemp("results") / ".lab"))
        yield elsewhere


@pytest.fixture
def name() -> Iterator[str]:
    yield own("rough")
    lab("down", "--volumes", "--lab", own("rough"))


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set the proxy where users set it: in the environment, and in docker's configuration, which Compose copies."""
    for key in PROXIES:
        monkeypatch.setenv(key, DEAD_PROXY)
    settings = {"httpProxy": DEAD_PROXY, "httpsProxy": DEAD_PROXY, "noProxy": ""}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {"default": settings}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def test_a_lab_behind_a_proxy_works_without_it(away: Elsewhere, name: str, proxies: None) -> None:
    """A container that nobody protects gets the proxy; the lab's have empty variables, the probe's too."""
    image = IMAGES["balancer"].reference
    given = docker("run", "--rm", "--network", "none", "--entrypoint", "env", image)
    assert f"HTTP_PROXY={DEAD_PROXY}" in given
    lab("up", "--stage", "cached", "--lab", name)
    for container in docker("ps", "-q", "--filter", f"label=lab.name={name}").split():
        rows = docker(
            "inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", container
        ).splitlines()
        found = {key: value for key, _, value in (row.partition("=") for row in rows) if key in PROXIES}
        assert found == dict.fromkeys(PROXIES, "")
    assert_measured(lab("bench", "read-heavy", *SHORT, "--json", "--lab", name, check=False))


def test_builds_get_the_proxy(away: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment alone: docker's configuration reaches builds without our help."""
    for key in PROXIES:
        monkeypatch.setenv(key, DEAD_PROXY)
    (tmp_path / "Dockerfile").write_text(
        'ARG BASE\nFROM ${BASE}\nRUN echo "lab-warning: ${http_proxy} ${HTTPS_PROXY}" && echo "${HTTP_PROXY}" > /seen\n'
    )
    image = Image(
        name=f"test-{os.getpid()}-proxy",
        context=str(tmp_path),
        about="",
        expected_s=1,
        parents={"BASE": "base"},
    )
    try:
        said = DockerImages().build(
            image, parent_references={"BASE": IMAGES["base"].reference}, inputs="test"
        )
        assert said == [f"{DEAD_PROXY} {DEAD_PROXY}"]
        assert docker("run", "--rm", "--network", "none", image.reference, "cat", "/seen") == DEAD_PROXY
        kept = docker("image", "inspect", "--format", "{{.Config.Env}}", image.reference)
        assert DEAD_PROXY not in kept
    finally:
        docker("image", "rm", image.reference, check=False)


def test_no_free_addresses_is_3_and_a_subnet_helps(away: Elsewhere, name: str) -> None:
    foreign = [f"{name}-net-{number}" for number in range(NETWORKS + 1)]
    made = []
    try:
        for network in foreign:
            made.append(network)
            docker("network", "create", network)
    except AssertionError as error:
        assert "address pool" in str(error)  # that was the last one
        made.pop()
    else:
        pytest.fail("the address pool is bigger than this test thinks")
    try:
        done = lab("up", "--stage", "single", "--lab", name, check=False)
        assert done.returncode == 3
        said = " ".join(done.stderr.split())
        assert "no free address range" in said
        assert "--subnet" in said
        lab("up", "--stage", "single", "--lab", name, "--subnet", "10.77.0.0/22")
        networks = docker("network", "ls", "-q", "--filter", f"label=lab.name={name}").split()
        ranges = docker(
            "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", *networks
        ).split()
        assert len(ranges) == 3
        assert all(ipaddress.ip_network(r).subnet_of(ipaddress.ip_network("10.77.0.0/22")) for r in ranges)
        overlaps = lab(
            "up", "--stage", "single", "--lab", f"{name}-2", "--subnet", "10.77.0.0/22", check=False
        )
        assert overlaps.returncode == 2
        assert "--subnet" in overlaps.stderr
    finally:
        lab("down", "--volumes", "--lab", f"{name}-2")
        docker("network", "rm", *made)


def test_a_taken_port_range_is_3_and_another_port_works(away: Elsewhere, name: str) -> None:
    """The ports are taken where the engine is; here all of them are free."""
    taker = f"{name}-taker"
    argv = ("run", "--detach", "--name", taker, "--publish", "127.0.0.1:8080-8089:8080-8089")
    docker(*argv, "--entrypoint", "sleep", IMAGES["balancer"].reference, "600")
    try:
        done = lab("up", "--stage", "single", "--lab", name, check=False)
        assert done.returncode == 3
        assert "8080" in done.stderr
        assert "8089" in done.stderr
        assert "--port" in done.stderr
        document = lab_json("up", "--stage", "single", "--lab", name, "--port", "8095")
        assert document["url"] == "http://127.0.0.1:8095/"
        assert docker("inspect", "--format", "{{.State.Running}}", taker) == "true"
    finally:
        docker("rm", "--force", "--volumes", taker)


def test_the_api_of_engine_24(away: Elsewhere, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API is that of Engine 24, the engine behind it is a newer one: docs/engines.md tells of a real Engine 24."""
    with older_api(away.host, "1.43") as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        assert lab_json("doctor")["facts"]["api_version"] == "1.43"
        lab("up", "--stage", "cached", "--db-replicas", "1", "--lab", name)
        check = docker("inspect", "--format", "{{json .Config.Healthcheck}}", f"{name}-balancer-1")
        assert json.loads(check)["Interval"] == 5_000_000_000
        assert lab_json("scale", "web=4", "--lab", name)["changed"]["added"] == ["web-4"]
        assert_measured(lab("bench", "read-heavy", *SHORT, "--json", "--lab", name, check=False))
        again = lab_json("up", "--stage", "cached", "--db-replicas", "1", "--replicas", "4", "--lab", name)
        assert again["changed"] == {"added": [], "replaced": [], "removed": []}
        lab("down", "--volumes", "--lab", name)


def test_own_apps_are_built_by_the_engine_itself(
    away: Elsewhere, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A builder of the user's, chosen by the environment, would keep the image to itself."""
    monkeypatch.setenv("BUILDX_BUILDER", "somebody-elses")
    (tmp_path / "index.php").write_text("<?php echo 'own';")
    lab("up", "--stage", "single", "--app", str(tmp_path), "--lab", name)
    assert docker("inspect", "--format", "{{.Config.Image}}", f"{name}-web-1-1").startswith(f"{PREFIX}/app:")
