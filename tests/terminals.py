"""Run `lab` in a pipe or on a terminal of a chosen width, and see what it shows."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

ESCAPE, TRACEBACK = "\x1b", "Traceback (most recent call last)"
NO_UTF8 = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "c-locale": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}
_PATIENCE_S = 60


def piped(folder: Path, line: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run a command where there is no terminal."""
    return subprocess.run(
        [sys.executable, "-m", "lab", *line.split()], capture_output=True, check=False, cwd=folder, timeout=_PATIENCE_S,
        env=env, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def on_terminal(folder: Path, line: str, env: Mapping[str, str], *, columns: int) -> str:
    """Run a command on a terminal of so many columns; return what it shows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with subprocess.Popen(
        [sys.executable, "-m", "lab", *line.split()], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env={"TERM": "xterm-256color", **env},
    ):  # fmt: skip
        os.close(theirs)
        shown, until_s = b"", time.monotonic() + _PATIENCE_S
        while time.monotonic() < until_s and select.select([ours], [], [], _PATIENCE_S)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed: the command has ended
                break
            if not part:
                break
            shown += part
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def without_codes(text: str) -> str:
    """Return a text without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def fits(text: str, columns: int) -> bool:
    """Say whether each line fits; a path or an address stays whole, on a line of its own."""
    return all(len(line) <= columns or len(line.split()) == 1 for line in text.splitlines())
