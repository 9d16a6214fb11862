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

    def asleep_s(self) -> float:
        """Return how long this computer has slept since some fixed moment; only differences mean something.

        Exact where the kernel has a clock that goes on in sleep and one that stops; else the wall clock against the
        monotonic one, which also shows when the clock is set.
        Source: clock_getres(2) of Linux; clock_gettime_nsec_np(3) of macOS, where CLOCK_MONOTONIC goes on.
        """
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
        if hasattr(time, "CLOCK_UPTIME_RAW"):
            return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
        return time.time() - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
