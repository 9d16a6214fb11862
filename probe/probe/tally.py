"""Count what the users met in the measured window. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class LatencyStore(Protocol):
    """What a tally needs from ``probe.latency.Latencies``."""

    count: Any

    def add(self, latency_ms: float) -> None: ...
    def merge(self, other: Any) -> None: ...  # noqa: ANN401 - the same class on both sides
    def mean_ms(self) -> float | None: ...
    def percentile_ms(self, percent: float) -> float | None: ...
    def summary(self) -> dict[str, float | None]: ...
    def encoded(self) -> str: ...
    def add_encoded(self, text: str) -> None: ...


@dataclass(slots=True, kw_only=True)  # not frozen: that would triple what making one costs
class Sample:
    """One finished request; ``error`` is empty when status and body were as expected.

    In an open load ``latency_ms`` counts from the intended start and ``service_ms`` from the real one; else that is None.
    """

    name: str
    latency_ms: float
    error: str
    replica: str = ""
    cache: str = ""
    database: str = ""
    work_ms: float | None = None
    service_ms: float | None = None

    @classmethod
    def from_headers(cls, name: str, latency_ms: float, error: str, headers: Mapping[str, str]) -> "Sample":
        """Return a sample with what the app says about itself in its response headers."""
        return cls(
            name=name,
            latency_ms=latency_ms,
            error=error,
            replica=headers.get("X-Replica", ""),
            cache=headers.get("X-Cache", ""),
            database=headers.get("X-DB", ""),
            work_ms=_number(headers.get("X-Work-Ms")),
        )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


class Tally:
    """Everything counted in one window. Latencies are those of successful requests only: a quick error is not speed.

    Each process of the generator fills one and sends its parts; the supervisor adds them up.
    """

    def __init__(self, new_latencies: Callable[[], LatencyStore]) -> None:
        self._new_latencies = new_latencies
        self.by_name: dict[str, LatencyStore] = {}
        self.service: LatencyStore | None = None
        self.failures: Counter[str] = Counter()
        self.errors: Counter[tuple[str, str]] = Counter()
        self.replicas: Counter[str] = Counter()
        self.cache: Counter[str] = Counter()
        self.databases: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        self.work_ms_sum = 0.0
        self.work_count = 0

    def add(self, sample: Sample) -> None:
        """Count one request."""
        latencies = self.by_name.get(sample.name)
        if latencies is None:
            latencies = self.by_name[sample.name] = self._new_latencies()
        if sample.error:
            self.failures[sample.name] += 1
            self.errors[sample.name, sample.error] += 1
        else:
            latencies.add(sample.latency_ms)
            if sample.service_ms is not None:
                self.service = self.service or self._new_latencies()
                self.service.add(sample.service_ms)
        if sample.replica:
            self.replicas[sample.replica] += 1
        if sample.cache:
            self.cache[sample.cache] += 1
        if sample.database:
            self.databases[sample.database] += 1
        if sample.work_ms is not None:
            self.work_ms_sum += sample.work_ms
            self.work_count += 1

    def parts(self) -> dict[str, Any]:
        """Return everything that was counted, as JSON can carry it and `add_parts` takes it."""
        return {
            "by_name": {name: latencies.encoded() for name, latencies in self.by_name.items()},
            "service": self.service.encoded() if self.service else None,
            "errors": [[name, error, count] for (name, error), count in self.errors.items()],
            "work_ms_sum": self.work_ms_sum,
            "work_count": self.work_count,
            **{key: dict(counter) for key, counter in self._counters().items()},
        }

    def add_parts(self, parts: Mapping[str, Any]) -> None:
        """Add everything that another process counted."""
        for name, text in parts["by_name"].items():
            self.by_name.setdefault(name, self._new_latencies()).add_encoded(text)
        if parts["service"] is not None:
            self.service = self.service or self._new_latencies()
            self.service.add_encoded(parts["service"])
        for name, error, count in parts["errors"]:
            self.errors[name, error] += count
        for key, counter in self._counters().items():
            counter.update(parts[key])
        self.work_ms_sum += parts["work_ms_sum"]
        self.work_count += parts["work_count"]

    def _counters(self) -> dict[str, Counter[str]]:
        return {
            "failures": self.failures,
            "replicas": self.replicas,
            "cache": self.cache,
            "databases": self.databases,
            "actions": self.actions,
        }

    def document(self, start_s: float, end_s: float) -> dict[str, Any]:
        """Return the fields of the ``result`` event that come from counting; ``throughput_rps`` counts successes."""
        total = self._new_latencies()
        for latencies in self.by_name.values():
            total.merge(latencies)
        failures = self.failures.total()
        actions = self.actions.total()
        return {
            "window": {"start_s": start_s, "end_s": end_s},
            "requests": total.count + failures,
            "failures": failures,
            "throughput_rps": total.count / (end_s - start_s),
            "latency_ms": total.summary(),
            "service_latency_ms": self.service.summary() if self.service else None,
            "histogram": total.encoded(),
            "by_name": {name: self._name_document(name) for name in sorted(self.by_name)},
            "errors": [
                {"name": name, "error": error, "count": count}
                for (name, error), count in self.errors.most_common(50)
            ],
            "replicas": dict(sorted(self.replicas.items())),
            "work_ms": {
                "mean": self.work_ms_sum / self.work_count if self.work_count else None,
                "count": self.work_count,
            },
            "cache": {key: self.cache[key] for key in sorted({"hit", "miss", "off", *self.cache})},
            "db": dict(sorted(self.databases.items())),
            "mix": {name: count / actions for name, count in sorted(self.actions.items())},
            "actions": actions,
        }

    def _name_document(self, name: str) -> dict[str, Any]:
        latencies, failures = self.by_name[name], self.failures[name]
        return {
            "requests": latencies.count + failures,
            "failures": failures,
            "mean_ms": latencies.mean_ms(),
            "p95_ms": latencies.percentile_ms(95),
        }
