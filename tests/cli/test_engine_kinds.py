"""Engines that the lab refuses: exit 3, one sentence, nothing done.

The engine here is a mock: a socket that gives recorded answers (Podman's are a real Podman 5.4.2's), because none of
these engines can be had on every machine. `docker`, the command, is real.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import pytest

DATA = Path(__file__).parent.parent / "data" / "engine"
pytestmark = pytest.mark.skipif(not shutil.which("docker"), reason="no docker command")


def _recorded(name: str) -> dict[str, Any]:
    document = json.loads((DATA / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def _docker(api: str) -> dict[str, Any]:
    engine = {"Name": "Engine", "Version": "24.0.9", "Details": {}}
    return {
        "Version": "24.0.9",
        "ApiVersion": api,
        "MinAPIVersion": "1.12",
        "Os": "linux",
        "Components": [engine],
    }


@contextmanager
def fake_engine(info: dict[str, Any], version: dict[str, Any]) -> Iterator[str]:
    """Serve `/info`, `/version` and `/_ping`; there is nothing else in this engine. Yields its DOCKER_HOST."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def address_string(self) -> str:
            return "client"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.rpartition("/")[2].partition("?")[0]
            known = {"info": info, "version": version, "_ping": {}}
            body = json.dumps(known.get(path, {"message": "No such image"})).encode()
            self.send_response(200 if path in known else 404)
            self.send_header("Api-Version", version["ApiVersion"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def log_message(self, *_args: object) -> None:
            pass

    with tempfile.TemporaryDirectory(prefix="lab-fake-") as folder:  # pytest's own are too long for a socket
        server = ThreadingUnixStreamServer(f"{folder}/docker.sock", Answers)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"unix://{folder}/docker.sock"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
    assert asked == []  # nothing was created or built


KINDS = {
    "podman": (_recorded("podman-info.json"), _recorded("podman-version.json"), "Podman 5.4.2"),
    "no quota": (
        _recorded("info-cgroup-v2.json")["info"] | {"CpuCfsQuota": False},
        _docker("1.43"),
        "CPU quota",
    ),
    "too old": (
        _recorded("info-cgroup-v2.json")["info"] | {"CpuCfsQuota": True},
        _docker("1.42"),
        "needs 1.43",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["up", "images build", "doctor"])
def test_it_is_3_and_one_sentence(kind: str, command: str, tmp_path: Path) -> None:
    info, version, words = KINDS[kind]
    with fake_engine(info, version) as host:
        done = subprocess.run(
            [sys.executable, "-m", "lab", *command.split()], capture_output=True, text=True, check=False, timeout=120,
            cwd=tmp_path, stdin=subprocess.DEVNULL,
            env={**os.environ, "DOCKER_HOST": host, "COLUMNS": "200", "XDG_CACHE_HOME": str(tmp_path)},
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_windows_means_inside_wsl2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No Windows here: only the interpreter's own word for it is changed."""
    from lab.cli.main import guarded

    monkeypatch.setattr(sys, "platform", "win32")
    assert guarded(["up"]) == 3
    assert "WSL2" in capsys.readouterr().err
