"""Engines that cannot be used: absent, too old, closed to this user, or behind a docker command that is none."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.adapters.process import run
from lab.errors import MachineNotReady

COMMANDS = ["up --stage single", "status", "ls", "down", "bench read-heavy", "scale web=2", "images list"]
needs_docker_command = pytest.mark.skipif(shutil.which("docker") is None, reason="no docker command here")


def lab(line: str, cwd: Path, *before: str, **env: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "COLUMNS": "100", "XDG_CACHE_HOME": str(cwd / "cache"), **env}
    done = subprocess.run(
        [*before, sys.executable, "-m", "lab", *line.split()], capture_output=True, text=True, check=False, cwd=cwd, timeout=60,
        env=variables, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


class OldEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A MOCK of an engine that is too old: such an engine cannot be had here. It says who it is, and has nothing."""

    daemon_threads = True
    allow_reuse_address = True


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api = "1.40"

    def do_GET(self) -> None:
        path = re.sub(r"^/v[\d.]+", "", self.path).partition("?")[0]
        known = {
            "/_ping": "OK",
            "/version": {"Version": "19.03.15", "ApiVersion": self.api, "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64",
                         "Components": [{"Name": "Engine", "Version": "19.03.15", "Details": {"ApiVersion": self.api}}]},
            "/info": {"NCPU": 2, "MemTotal": 2**32, "ServerVersion": "19.03.15", "CpuCfsQuota": True, "ID": "old"},
            "/containers/json": [], "/networks": [], "/volumes": {"Volumes": []}, "/images/json": [],
        }  # fmt: skip
        found = path in known
        body = json.dumps(known.get(path, {"message": "No such image"}))
        self.send_response(200 if found else 404)
        self.send_header("Api-Version", self.api)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_HEAD = do_POST = do_GET

    def log_message(self, *_words: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


@pytest.fixture
def old_engine(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "old.sock"
    with OldEngine(str(path), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()


@needs_docker_command
@pytest.mark.parametrize(
    "line", ["up --stage single", "images build", "sweep read-heavy --stage single --users 1,2"]
)
def test_an_engine_that_is_too_old_is_3(old_engine: str, tmp_path: Path, line: str) -> None:
    done = lab(line, tmp_path, DOCKER_HOST=old_engine)
    assert done.returncode == 3, done.stderr
    assert "too old: its API is 1.40, and lab needs 1.4" in done.stderr


@pytest.mark.parametrize("line", COMMANDS)
def test_no_docker_command_is_3(tmp_path: Path, line: str) -> None:
    (tmp_path / "bin").mkdir()
    done = lab(line, tmp_path, PATH=str(tmp_path / "bin"), DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 3, done.stderr
    assert "docker" in done.stderr
    assert "hint:" in done.stderr


@pytest.mark.parametrize(
    ("text", "mode"),
    [("no program at all", 0o755), ("#!/bin/sh\necho hello\n", 0o755), ("#!/nowhere/sh\n", 0o755), ("#!/bin/sh\n", 0o644)],
    ids=["garbage", "stand-in", "no-interpreter", "not-executable"],
)  # fmt: skip
def test_a_docker_command_that_is_none_is_3(tmp_path: Path, text: str, mode: int) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(text)
    (folder / "docker").chmod(mode)
    done = lab("up --stage single", tmp_path, PATH=str(folder), DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 3, done.stderr


@needs_docker_command
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here")
@pytest.mark.parametrize("line", ["up --stage single", "status", "ls", "down"])
def test_a_socket_that_is_closed_to_this_user_is_3(tmp_path: Path, line: str) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="closed-"))
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(folder / "d.sock"))
            server.listen()
            (folder / "d.sock").chmod(0)
            folder.chmod(0o755)
            (folder / "work").mkdir()
            (folder / "work").chmod(0o777)
            become = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
            probe = subprocess.run(
                [*become, sys.executable, "-c", "import lab.cli.main"], capture_output=True, check=False
            )
            if probe.returncode:
                pytest.skip("the checkout cannot be read by another user")
            done = lab(
                line,
                folder / "work",
                *become,
                DOCKER_HOST=f"unix://{folder}/d.sock",
                HOME=str(folder / "work"),
            )
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 3, done.stderr
    assert "permission denied" in done.stderr
    assert "docker group" in done.stderr


@needs_docker_command
@pytest.mark.parametrize(
    "host", ["unix:///nowhere.sock", "tcp://127.0.0.1:1", "nonsense", "ssh://", "unix://" + "x" * 300, "tcp://:::", "npipe:////./pipe/docker"]
)  # fmt: skip
@pytest.mark.parametrize("line", ["up --stage single", "status", "down"])
def test_an_address_without_an_engine_is_3(tmp_path: Path, host: str, line: str) -> None:
    done = lab(line, tmp_path, DOCKER_HOST=host)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("error: ")


@needs_docker_command
def test_a_context_that_does_not_exist_is_3(tmp_path: Path) -> None:
    done = lab("status", tmp_path, DOCKER_CONTEXT="no-such-context", DOCKER_HOST="")
    assert done.returncode == 3, done.stderr


def test_an_engine_that_never_answers_is_3() -> None:
    """A MOCK of it, since the real limits are minutes: any program that does not end."""
    with pytest.raises(MachineNotReady, match=r"`sleep 60 …` did not end within 0\.2 s") as caught:
        run(["sleep", "60"], timeout_s=0.2)
    assert "lab doctor" in caught.value.hint
