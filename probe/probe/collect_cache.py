"""Collect memcached's counters."""

import socket
from collections.abc import Mapping

from probe import parse_memcached
from probe.collector import TIMEOUT_S, Reading


class CacheCollector:
    """Reads ``stats`` of one memcached over one connection that stays open."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._socket: socket.socket | None = None

    def read(self) -> Reading:
        """Return the node's numbers."""
        if self._socket is None:
            self._socket = socket.create_connection((self._target, 11211), timeout=TIMEOUT_S)
        self._socket.sendall(b"stats\r\n")
        answer = b""
        while not answer.endswith(b"END\r\n"):
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("memcached closed the connection")
            answer += chunk
        return Reading(
            values=parse_memcached.values(answer.decode("ascii")), counters=parse_memcached.COUNTERS
        )

    def derive(self, rates: Mapping[str, float]) -> dict[str, float]:
        """Return the hit ratio of the last interval."""
        return parse_memcached.hit_ratio(rates)

    def close(self) -> None:
        """Drop the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
