"""A relay in front of a real engine that offers an older API: clients then speak that, and the engine holds them to it.

It changes what the engine says of itself, not what it is. (`DOCKER_API_VERSION` would not do: Compose asks the engine
what it can, speaks what the variable says, and so contradicts itself.)
"""

from __future__ import annotations

import contextlib
import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PIECE: Final = 65536
_OFFERED: Final = re.compile(rb'("ApiVersion":"|Api-Version: )1\.\d\d(?=["\r])')


def _copy(source: socket.socket, target: socket.socket, version: bytes | None) -> None:
    """Pass bytes on until the end, and the end too: a closed input must reach the other side."""
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(_OFFERED.sub(rb"\g<1>" + version, piece) if version else piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(client: socket.socket, engine: str, version: bytes) -> None:
    with client, socket.socket(socket.AF_UNIX) as server:
        server.connect(engine)
        asking = threading.Thread(target=_copy, args=(client, server, None), daemon=True)
        asking.start()
        _copy(server, client, version)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RD)  # ends the other direction
        asking.join()


@contextmanager
def older_api(host: str, version: str) -> Iterator[str]:
    """Yield the DOCKER_HOST of a relay to an engine at a unix socket; `version` is one such as `1.43`."""
    with tempfile.TemporaryDirectory(prefix="lab-relay-") as folder, socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{folder}/docker.sock")
        door.listen(64)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = door.accept()
                    argv = (client, host.removeprefix("unix://"), version.encode())
                    threading.Thread(target=_serve, args=argv, daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"unix://{folder}/docker.sock"
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()
