"""When the actions of an open load shall start, and how well that was kept. Pure.

Source: Schroeder, Wierman and Harchol-Balter, NSDI 2006: what arrives does not wait for what is under way.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from probe.second import nearest_rank
from probe.share import Share

LATE_MS: Final = 5.0


class Arrivals:
    """Intended start times of a Poisson process, in seconds from its begin; the same for the same seed.

    Of several processes each goes through all of them and keeps its own: together they start what one would start.
    """

    def __init__(self, rate_rps: float, seed: int, share: Share = Share()) -> None:  # noqa: B008 - frozen
        self._rate_rps = rate_rps
        self._rng = random.Random(f"{seed}:arrivals")  # noqa: S311 - a workload, not a secret
        self._own = share.of(self._all())

    def next_s(self) -> float:
        """Return the next one."""
        return next(self._own)

    def _all(self) -> Iterator[float]:
        due_s = 0.0
        while True:
            due_s += self._rng.expovariate(self._rate_rps)
            yield due_s


@dataclass(slots=True)
class Starts:
    """The starts that were due in the window: how late they were, and how many were not made at all."""

    dropped: int = 0
    late_ms: list[float] = field(default_factory=list)

    @staticmethod
    def is_late(late_ms: float) -> bool:
        """Say whether a start that came by so much after its time counts as late."""
        return late_ms > LATE_MS

    def document(self) -> dict[str, Any]:
        """Return counts, and how late the latest of 99 in 100 was; late means by more than 5 ms."""
        return {
            "planned": len(self.late_ms) + self.dropped,
            "late": sum(map(self.is_late, self.late_ms)),
            "dropped": self.dropped,
            "late_p99_ms": nearest_rank(sorted(self.late_ms), 99) or 0.0,
        }


def merged(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the starts of several processes as one document; ``late_p99_ms`` is the worst process's."""
    counts = {key: sum(each[key] for each in documents) for key in ("planned", "late", "dropped")}
    return {**counts, "late_p99_ms": max(each["late_p99_ms"] for each in documents)}
