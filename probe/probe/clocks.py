"""How long the machine slept, and how far its clock was set: two readings of the kernel's clocks, compared. Pure.

Linux has the difference ready: CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not. A virtual
machine that its host stopped knows of nothing; its wall clock is set afterwards, and that shows against both.
Source: clock_getres(2).
"""

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The three clocks at one instant, in seconds."""

    wall_s: float
    monotonic_s: float
    boot_s: float

    @classmethod
    def now(cls) -> Self:
        """Read them."""
        return cls(
            wall_s=time.time(),
            monotonic_s=time.monotonic(),
            boot_s=time.clock_gettime(time.CLOCK_BOOTTIME),
        )

    def lost_since(self, before: "Clocks") -> dict[str, float]:
        """Return ``asleep_s``, the sleep that the kernel knows of, and ``stepped_s``, by which the wall clock was set."""
        boot_s = self.boot_s - before.boot_s
        asleep_s = boot_s - (self.monotonic_s - before.monotonic_s)
        return {
            "asleep_s": round(asleep_s, 3),
            "stepped_s": round(self.wall_s - before.wall_s - boot_s, 3),
        }
