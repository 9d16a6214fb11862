"""The unit level touches nothing outside: a test that starts a process or opens a connection fails at once."""

from __future__ import annotations

import socket
import subprocess
from typing import Any, Final

import pytest

FONT_LISTS: Final = (
    "fc-list",
    "system_profiler",
)  # matplotlib asks once in a machine's life, then it has a file
_start: Final = subprocess.Popen


def _forbidden(*args: Any, **kwargs: Any) -> Any:
    if args and isinstance(args[0], list) and args[0][0] in FONT_LISTS:
        return _start(*args, **kwargs)
    raise AssertionError(
        "a unit test must not start processes or open connections; move it to tests/integration"
    )


@pytest.fixture(autouse=True)
def _nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", _forbidden)
    monkeypatch.setattr(socket.socket, "connect", _forbidden)
