"""The end of what a scenario prints, however much it is. Pure."""

from typing import Final

KEPT_BYTES: Final = 32_768


class LastBytes:
    """The end of a stream, however long it is, and however long its lines are."""

    def __init__(self, size: int = KEPT_BYTES) -> None:
        self._size = size
        self._bytes = b""

    def add(self, chunk: bytes) -> None:
        """Take more of the stream."""
        self._bytes = (self._bytes + chunk)[-self._size :]

    def text(self) -> str:
        """Return the end as text."""
        return self._bytes.decode("utf-8", "replace")
