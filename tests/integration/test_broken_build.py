"""A download that breaks in the middle of an image build: code 8, the step and the last lines; the old image stays.

A MOCK stands for the broken network: a proxy that answers each request with a part of what it promised. The build, the
engine and the image are real; they have a name of their own, so that no image of the lab is touched.
"""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.adapters.build import DockerImages
from lab.errors import ImageBuildFailed
from lab.model.images import IMAGES, Image
from tests.docker_lab import docker

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]
PARENTS = {"BASE": IMAGES["base"].reference}
# A step of its own in each run: the engine's build cache must not have the answer from an earlier one.
GOOD = f"ARG BASE\nFROM ${{BASE}}\nRUN echo the first step {uuid.uuid4()}\n"
FETCHING = (
    GOOD + "RUN apt-get -o Acquire::Retries=0 update && apt-get install -y --no-install-recommends hello\n"
)


class _Cut(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        head = self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        if head.startswith(b"CONNECT"):
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.connection.recv(100)
        else:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 5000)


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def proxy() -> Iterator[str]:
    """A proxy that a build container reaches at the bridge's own address."""
    gateway = docker(
        "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}"
    ).split()[0]
    try:
        server = _Proxy((gateway, 0), _Cut)
    except OSError:
        pytest.skip("the engine's bridge is on another machine")
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{gateway}:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Image]:
    (tmp_path / "context").mkdir()
    monkeypatch.setattr("lab.assets.root", lambda: tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    image = Image(name=f"test-{os.getpid()}-broken", context="context", about="a test", expected_s=1)
    yield image
    subprocess.run(["docker", "image", "rm", "--no-prune", image.reference], capture_output=True, check=False)


def build(image: Image, tmp_path: Path, dockerfile: str) -> str:
    """Build and return the log."""
    (tmp_path / "context/Dockerfile").write_text(dockerfile)
    DockerImages().build(image, parent_references=PARENTS, inputs="1")
    return (tmp_path / f"cache/scalability-lab/build-{image.name}.log").read_text()


def test_a_download_that_breaks(
    image: Image, proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(image, tmp_path, GOOD)
    before = docker("image", "inspect", "--format", "{{.Id}}", image.reference)
    with monkeypatch.context() as broken:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            broken.setenv(name, proxy)
        with pytest.raises(ImageBuildFailed) as caught:
            build(image, tmp_path, FETCHING)
    assert caught.value.exit_code == 8
    assert image.name in caught.value.message
    assert "apt-get" in caught.value.message  # the step
    assert "The whole log: " in caught.value.message
    assert len(caught.value.message.splitlines()) < 30
    assert "network" in caught.value.hint
    assert docker("image", "inspect", "--format", "{{.Id}}", image.reference) == before
    assert docker("run", "--rm", "--network", "none", image.reference, "echo", "works") == "works"
    log = build(image, tmp_path, FETCHING)  # the network is back: it goes on after the steps that it has
    assert "CACHED" in log
    assert docker("image", "inspect", "--format", "{{.Id}}", image.reference) != before


def test_a_full_cache_folder_is_a_sentence(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab.errors import MachineNotReady

    place = tmp_path / "full"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs root and the right to mount")
    try:
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        with pytest.raises(MachineNotReady) as caught:
            build(image, tmp_path, GOOD + "RUN seq 100000\n")
        assert "No space left on device" in caught.value.message
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
