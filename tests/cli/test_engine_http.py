"""What is said of an engine's socket that does not answer as one: each answer is sent by a real socket."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.adapters import engine_http
from lab.adapters.endpoint import endpoint, socket_path
from lab.adapters.engine_http import EngineHttp, NotThere
from lab.errors import LabError, MachineNotReady

VERSION = b'{"ApiVersion":"1.51","MinAPIVersion":"1.24"}'


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


class Engine:
    """Sends one answer to every question but the one about its version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[str] = []
        self.says = answer(b"{}")
        self.version = answer(VERSION)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen(8)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            with client:
                line = client.recv(65536).split(b"\r\n")[0].decode()
                self.asked.append(line)
                client.sendall(self.version if "/version" in line else self.says)

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="lab-http-") as folder:  # pytest's own are too long for a socket
        found = Engine(Path(folder, "d.sock"))
        yield found
        found.close()


def test_it_speaks_what_both_know(engine: Engine) -> None:
    http = EngineHttp(engine.path)
    assert http.get("/containers/json", all="1", filters={"label": ["a=b c"]}) == {}
    assert (
        engine.asked[1]
        == "GET /v1.45/containers/json?all=1&filters=%7B%22label%22%3A+%5B%22a%3Db+c%22%5D%7D HTTP/1.1"
    )
    engine.version = answer(b'{"ApiVersion":"1.43"}')
    older = EngineHttp(engine.path)
    older.post("/containers/x/start")
    older.get("/images/a/b:0.1.0/json")
    assert engine.asked[3:] == [
        "POST /v1.43/containers/x/start HTTP/1.1",
        "GET /v1.43/images/a/b:0.1.0/json HTTP/1.1",
    ]


@pytest.mark.parametrize(
    ("says", "kind", "words"),
    [
        (answer(b'{"message":"No such container: x"}', "404 Not Found"), NotThere, "No such container: x"),
        (answer(b'{"message":"port is already allocated"}', "500 Internal Server Error"), LabError, "port is already"),
        (answer(b"[1]", "500 Internal Server Error"), LabError, "Internal Server Error"),
        (answer(b"hello"), MachineNotReady, "does not understand: b'hello'"),
        (answer(b"{" * 100_000), MachineNotReady, "does not understand"),
        (b"", MachineNotReady, "went away in the middle"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", MachineNotReady, "went away in the middle"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a', MachineNotReady, "went away in the middle"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none(engine: Engine, says: bytes, kind: type[LabError], words: str) -> None:
    engine.says = says
    with pytest.raises(kind) as caught:
        EngineHttp(engine.path).get("/info")
    assert words in caught.value.message
    assert caught.value.hint or kind is not MachineNotReady


@pytest.mark.parametrize("version", [b'{"ApiVersion":"new"}', b'{"ApiVersion":7}', b"[]", b"{}"])
def test_a_version_that_is_none_does_not_stop_it(engine: Engine, version: bytes) -> None:
    engine.version = answer(version)
    EngineHttp(engine.path).get("/info")
    assert engine.asked[1].startswith("GET /v")


def test_a_socket_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_http, "TIMEOUT_S", 0.1)
    with tempfile.TemporaryDirectory(prefix="lab-http-") as folder, socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{folder}/d.sock")
        door.listen(1)
        with pytest.raises(MachineNotReady, match=r"did not answer within 0\.1 s"):
            EngineHttp(Path(folder, "d.sock")).get("/info")


def _no_file(folder: Path) -> Path:
    return folder / "none.sock"


def _a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file"


def _below_a_file(folder: Path) -> Path:
    return _a_file(folder) / "d.sock"


@pytest.mark.parametrize("path_in", [_no_file, _a_file, _below_a_file])
def test_no_socket_at_all(tmp_path: Path, path_in: Callable[[Path], Path]) -> None:
    with pytest.raises(MachineNotReady, match="No Docker engine answers"):
        EngineHttp(path_in(tmp_path)).get("/info")


@pytest.mark.parametrize(
    ("variables", "settings", "address", "has_socket"),
    [
        ({}, None, "unix:///var/run/docker.sock", True),
        ({}, "{}", "unix:///var/run/docker.sock", True),
        ({}, '{"currentContext": "default"}', "unix:///var/run/docker.sock", True),
        ({"DOCKER_HOST": "unix:///x/y.sock"}, '{"currentContext": "far"}', "unix:///x/y.sock", True),
        ({"DOCKER_HOST": "tcp://127.0.0.1:1"}, None, "tcp://127.0.0.1:1", False),
        ({"DOCKER_HOST": "ssh://far"}, None, "ssh://far", False),
        ({"DOCKER_API_VERSION": "1.43"}, None, "unix:///var/run/docker.sock", False),
    ],
)  # fmt: skip
def test_where_the_engine_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], settings: str | None, address: str,
    has_socket: bool,
) -> None:  # fmt: skip
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if settings is not None:
        (tmp_path / "config.json").write_text(settings)
    assert endpoint() == address
    assert socket_path() == (Path(address.removeprefix("unix://")) if has_socket else None)


@pytest.mark.skipif(not shutil.which("docker"), reason="no docker command")
@pytest.mark.parametrize("is_used", [True, False], ids=["used", "in-the-environment"])
def test_a_context_is_looked_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_used: bool) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    create = ["docker", "context", "create", "mine", "--docker", "host=unix:///x/y.sock"]
    subprocess.run(create, check=True, capture_output=True)
    assert endpoint() == "unix:///var/run/docker.sock"
    if is_used:
        subprocess.run(["docker", "context", "use", "mine"], check=True, capture_output=True)
    else:
        monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    assert socket_path() == Path("/x/y.sock")
