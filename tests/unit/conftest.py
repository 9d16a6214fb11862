"""The unit level touches nothing outside: a test that starts a process or opens a connection fails at once."""

from __future__ import annotations

import socket
import subprocess

import pytest


def _forbidden(*_args: object, **_kwargs: object) -> None:
    raise AssertionError(
        "a unit test must not start processes or open connections; move it to tests/integration"
    )


@pytest.fixture(autouse=True)
def _nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", _forbidden)
    monkeypatch.setattr(socket.socket, "connect", _forbidden)
