"""From counters at both ends of a window to what each container used. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from lab.model.measurement import Use
from lab.model.state import CpuSample
from lab.model.stats import mean

# ends of the names of the metrics that the verdict needs the median of
_JUDGED: Final = (
    "scur", "qcur", "slim", "hrsp_5xx_per_s", "econ_per_s", "eresp_per_s", "busy_workers", "idle_workers", "threads",
    "statements", "table_lock_waiting", "row_lock_waiting", "threads_connected", "max_connections",
    "refused_connections_per_s", "lag_ms", "in_flight", "waiting", "errors_5xx_per_s",
)  # fmt: skip


@dataclass(slots=True)
class TierValues:
    """Collects the probe's per-second values of every container during the window."""

    by_target: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, target: str, values: Mapping[str, Any]) -> None:
        """Add one second's values; only numbers count."""
        series = self.by_target.setdefault(target, {})
        for key, value in values.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                series.setdefault(key, []).append(float(value))

    def means(self, target: str) -> dict[str, float]:
        """Return each value's mean over the window."""
        return {key: mean(values) for key, values in self.by_target.get(target, {}).items()}

    def medians(self, target: str) -> dict[str, float]:
        """Return the median over the window of each value that the verdict looks at."""
        series = self.by_target.get(target, {})
        return {key: median(values) for key, values in series.items() if key.rpartition(".")[2] in _JUDGED}


def use_of(
    target: str,
    tier: str,
    before: CpuSample,
    after: CpuSample,
    quota_cores: float | None,
    metrics: Mapping[str, float],
    medians: Mapping[str, float] | None = None,
) -> Use:
    """Return what one container used between two samples.

    Utilisation = CPU seconds / (elapsed x limit); the clock is the engine's, so both samples agree with each other.

    Args:
        quota_cores: the container's own limit as the engine has it; None without one.
    """
    elapsed_s = max(after.t_s - before.t_s, 1e-9)
    cores = max(after.cpu_s - before.cpu_s, 0.0) / elapsed_s
    periods = after.periods - before.periods
    throttled = after.throttled_periods - before.throttled_periods
    return Use(
        target=target,
        tier=tier,
        cpu_cores=cores,
        quota_cores=quota_cores,
        cpu_of_quota_ratio=cores / quota_cores if quota_cores else None,
        throttled_ratio=throttled / periods if periods > 0 else 0.0,
        memory_bytes=after.memory_bytes,
        metrics=dict(metrics),
        medians=dict(medians or {}),
    )
