"""The requests that finished within about one second, of one process of the generator or of all. Pure."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from probe.tally import Sample

LATENCY_DIGITS: Final = 3  # of milliseconds: whole microseconds, as in the histogram


@dataclass(slots=True, kw_only=True)
class Second:
    """The requests that finished within about one second of any phase."""

    failures: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    work_ms_sum: float = 0.0
    work_count: int = 0
    late: int = 0  # starts of an open load that came more than 5 ms late, and those that were not made
    dropped: int = 0

    def add(self, sample: "Sample") -> None:
        """Count one request."""
        if sample.error:
            self.failures += 1
        else:
            self.latencies_ms.append(round(sample.latency_ms, LATENCY_DIGITS))
        if sample.work_ms is not None:
            self.work_ms_sum += sample.work_ms
            self.work_count += 1

    def is_empty(self) -> bool:
        """Return whether no request was counted."""
        return not self.latencies_ms and not self.failures

    def parts(self) -> dict[str, Any]:
        """Return everything that was counted, as `add_parts` of another process takes it."""
        return {
            "failures": self.failures,
            "latencies_ms": self.latencies_ms,
            "work_ms_sum": self.work_ms_sum,
            "work_count": self.work_count,
            "late": self.late,
            "dropped": self.dropped,
        }

    def add_parts(self, parts: dict[str, Any]) -> None:
        """Add everything that another process counted."""
        self.failures += parts["failures"]
        self.latencies_ms += parts["latencies_ms"]
        self.work_ms_sum += parts["work_ms_sum"]
        self.work_count += parts["work_count"]
        self.late += parts["late"]
        self.dropped += parts["dropped"]

    def document(self) -> dict[str, Any]:
        """Return counts, mean, p50 and p95 of the successful requests, and the mean unit of work (None when there were none)."""
        ordered = sorted(self.latencies_ms)
        return {
            "requests": len(ordered) + self.failures,
            "failures": self.failures,
            "mean_ms": sum(ordered) / len(ordered) if ordered else None,
            "p50_ms": nearest_rank(ordered, 50),
            "p95_ms": nearest_rank(ordered, 95),
            "work_ms": self.work_ms_sum / self.work_count if self.work_count else None,
            "work_count": self.work_count,
            "late": self.late,
            "dropped": self.dropped,
        }


def nearest_rank(ordered: list[float], percent: int) -> float | None:
    """Return the smallest value with at least ``percent`` of the ``ordered`` values at or below it."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
