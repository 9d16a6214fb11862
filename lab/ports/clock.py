"""Time."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time."""

    def now_s(self) -> float:
        """Return unix seconds."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds that never step."""
        ...

    def asleep_s(self) -> float:
        """Return how long this computer has slept since some fixed moment; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
