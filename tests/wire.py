"""A real engine behind a wire that can be cut: a forwarder on a unix socket of its own. Nothing is faked but the wire."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Self

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class Wire:
    """Forwards connections to the machine's engine until it is cut; `host` is what DOCKER_HOST must be."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="wire-"))  # short: a socket's path has at most 107 bytes
        self.path = self._folder / "d.sock"
        self.host = f"unix://{self.path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        self._open: set[socket.socket] = set()
        self._is_cut = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.cut()
        shutil.rmtree(self._folder, ignore_errors=True)

    def cut(self) -> None:
        """Break every connection and refuse new ones, as an engine does that was stopped."""
        self._is_cut = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._is_cut:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(ENGINE)
            self._open |= {client, engine}
            left = [2]
            for pair in ((client, engine), (engine, client)):
                threading.Thread(target=self._pump, args=(*pair, left), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, left: list[int]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)  # the other direction may still have something to say
        left[0] -= 1
        if left[0] == 0:
            for end in (source, target):
                end.close()
                self._open.discard(end)
