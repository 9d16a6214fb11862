"""What every collector offers, and the keep-alive HTTP client that most of them use."""

import http.client
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Numbers of one target at one moment; ``counters`` names those that only grow."""

    values: dict[str, float]
    counters: Iterable[str] = field(default=())


class Collector(Protocol):
    """Reads one target; raises any exception when the target cannot be read."""

    def read(self) -> Reading:
        """Return the numbers of now."""
        ...

    def derive(self, rates: Mapping[str, float]) -> dict[str, float]:
        """Return values that follow from the changes per second."""
        ...

    def close(self) -> None:
        """Drop the connection; the next read opens a new one."""
        ...


class HttpSource:
    """Gets one address again and again; base of the collectors that speak HTTP."""

    def __init__(self, host: str, port: int, path: str, *, keep_alive: bool = True) -> None:
        self._host, self._port = host, port
        self._connection: http.client.HTTPConnection | None = None
        self._path = path
        self._keep_alive = keep_alive

    def get(self) -> str:
        """Return the body.

        Raises: OSError or http.client.HTTPException when there is no answer, ValueError when it is not status 200.
        """
        if (
            self._connection is None
        ):  # to the address: a connection for each question would ask for it each time
            address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0][4][0]
            self._connection = http.client.HTTPConnection(str(address), self._port, timeout=TIMEOUT_S)
        self._connection.request(
            "GET", self._path, headers={} if self._keep_alive else {"Connection": "close"}
        )
        response = self._connection.getresponse()
        body = response.read().decode("utf-8", "replace")
        if response.status != 200:
            raise ValueError(f"GET {self._path}: status {response.status}")
        return body

    def derive(self, rates: Mapping[str, float]) -> dict[str, float]:  # noqa: ARG002
        """Return nothing: few collectors derive anything."""
        return {}

    def close(self) -> None:
        """Drop the connection and the address: a container that was replaced has another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
