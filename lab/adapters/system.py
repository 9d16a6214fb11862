"""The system's clock."""

from __future__ import annotations

import time


class SystemClock:
    """Implements `lab.ports.Clock`."""

    def now_s(self) -> float:
        """Return unix seconds."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return seconds that never step."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
