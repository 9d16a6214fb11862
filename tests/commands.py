"""A `lab` command that is watched and hit: when it gets where it should be, and what is left of it afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.docker_lab import docker

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}


class Command:
    """`lab ARGS` as a child whose output is read while it runs."""

    def __init__(self, *args: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=cwd, env={**os.environ, "COLUMNS": "100", **(env or {})}, start_new_session=True,
        )  # fmt: skip
        self._out: list[str] = []
        self._err: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self._out), (self.process.stderr, self._err))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream, lines: list[str]) -> None:
        with stream:
            lines.extend(iter(stream.readline, ""))

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid

    @property
    def err(self) -> str:
        """Return what it has said on standard error so far."""
        return "".join(self._err)

    @property
    def out(self) -> str:
        """Return what it has said on standard output so far."""
        return "".join(self._out)

    def reaches(self, instant: Callable[[], bool] | str, *, limit_s: float = 90) -> None:
        """Wait for a condition, or for words on standard error; it must come before the command ends."""
        deadline = time.monotonic() + limit_s
        while not (instant in self.err if isinstance(instant, str) else instant()):
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.err}"
            assert time.monotonic() < deadline, f"not reached: {instant}; {self.err}"
            time.sleep(0.02)

    def hit(self, number: signal.Signals) -> None:
        """Send a signal to the command's process group, as a terminal does, or kill it alone."""
        if number == signal.SIGKILL:
            self.process.kill()
        else:
            os.killpg(self.pid, number)

    def ends(self, *, limit_s: float = 150) -> int:
        """Wait for its end and return the exit code; a traceback is never right."""
        code = self.process.wait(timeout=limit_s)
        for reader in self._readers:
            reader.join(5)
        assert "Traceback" not in self.err, self.err
        return code


def processes_about(lab: str) -> list[str]:
    """Return the command lines of running docker clients that work on a lab."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if re.search(r"docker(-compose)?$", words[0]) and any(
            re.fullmatch(rf"{re.escape(lab)}([-_].*)?", word) for word in words[1:]
        ):
            found.append(" ".join(words[:8]))
    return found


def eventually_none(found: Callable[[], list[str]], *, limit_s: float = 30) -> list[str]:
    """Return what is still found after a while; empty as soon as nothing is."""
    deadline = time.monotonic() + limit_s
    while (left := found()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def temporary_folders(pid: int) -> list[str]:
    """Return the temporary folders of a process."""
    return [path.name for path in Path(tempfile.gettempdir()).glob(f"lab-{pid}-*")]


def lock_files(lab: str) -> list[str]:
    """Return the lock files of a lab."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return [path.name for path in (cache / "scalability-lab/locks").glob(f"lab-{lab}-*.lock")]


def containers(lab: str) -> list[str]:
    """Return the names of a lab's containers, running or not."""
    return docker("ps", "--all", "--filter", f"label=lab.name={lab}", "--format", "{{.Names}}").split()


def traces(lab: str) -> list[str]:
    """Return everything there is of a lab: containers, networks, volumes, processes, files."""
    label = f"label=lab.name={lab}"
    return [
        *containers(lab),
        *docker("network", "ls", "--filter", label, "--format", "{{.Name}}").split(),
        *docker("volume", "ls", "--filter", label, "--format", "{{.Name}}").split(),
        *processes_about(lab),
        *lock_files(lab),
        *_stale_folders(),
    ]


def _stale_folders() -> list[str]:
    found = []
    for path in Path(tempfile.gettempdir()).glob("lab-*"):
        match = re.fullmatch(r"lab-(\d+)-\w+", path.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            found.append(path.name)
    return found
