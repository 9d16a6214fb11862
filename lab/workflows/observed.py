"""What a measuring run says, gathered and turned into a measurement. Pure but for the caller's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lab.model.gates import problems
from lab.model.lost import Lost, reasons, stalled_s
from lab.model.run import Latency, Measurement, Second
from lab.model.state import Container, CpuSample, RunningLab
from lab.model.stats import mean
from lab.model.topology import Topology
from lab.model.use import TierValues, use_of

TIERS: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")


@dataclass(slots=True)
class Seen:
    """Everything that one probe run said, and the containers' counters at both ends of the window."""

    ready: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    verify: list[str] = field(default_factory=list)
    series: list[Second] = field(default_factory=list)
    tiers: TierValues = field(default_factory=TierValues)
    idle: list[float] = field(default_factory=list)
    steal: list[float] = field(default_factory=list)
    before: dict[str, CpuSample] = field(default_factory=dict)
    after: dict[str, CpuSample] = field(default_factory=dict)
    phase: str = "ramp"
    spans_s: list[float] = field(default_factory=list)
    asleep_s: float = 0.0
    late_s: float = 0.0


def measured_containers(lab: RunningLab) -> list[Container]:
    """Return the running containers of the tiers."""
    return [c for tier in TIERS for c in lab.tier(tier) if c.state == "running"]


def no_measurement(*, block: int, started_s: float, reason: str) -> Measurement:
    """Return an INVALID measurement for a window that never came: the scenario itself failed."""
    return Measurement(
        block=block, started_at_s=started_s, duration_s=0.0, requests=0, failures=0, throughput_rps=0.0,
        normalised_rps=None, work_ms=None, latency=Latency(mean_ms=0, p50_ms=0, p95_ms=0, p99_ms=0, max_ms=0),
        by_name={}, errors=(), replicas={}, cache={}, generator_cpu_ratio=0.0, host_idle_ratio=None,
        host_steal_ratio=None, use=(), series=(), histogram="", problems=(reason,),
    )  # fmt: skip


def rate_rps(second: Mapping[str, Any]) -> float:
    """Return the successful requests per second of a `second` event, which may span a little more or less."""
    return float(second["requests"] - second["failures"]) / max(second.get("span_s") or 1.0, 1e-3)


def note(event: Mapping[str, Any], seen: Seen) -> None:
    """Take one event of the probe into account; tier and host values count only inside the window."""
    kind = event["event"]
    if kind == "phase":
        seen.phase = event["phase"]
    elif kind == "ready":
        seen.ready = dict(event)
    elif kind == "verify-failed":
        seen.verify += event["problems"]
    elif kind == "result":
        seen.result = dict(event)
    elif kind == "second":
        if event["phase"] == "measure":
            seen.spans_s.append(event.get("span_s") or 1.0)
        seen.series.append(
            Second(
                t_s=event["t_s"],
                phase=event["phase"],
                throughput_rps=rate_rps(event),
                failures=event["failures"],
                mean_ms=event.get("mean_ms") or 0.0,
                p95_ms=event.get("p95_ms") or 0.0,
            )
        )
    elif seen.phase == "measure" and kind == "tier" and "edge" not in event:
        seen.tiers.add(event["target"], event["values"])
    elif seen.phase == "measure" and kind == "host":
        seen.idle.append(event["idle_ratio"])
        seen.steal.append(event.get("steal_ratio") or 0.0)


def _lost(seen: Seen, result: Mapping[str, Any]) -> Lost:
    """Sum up what was lost: the probe's clocks are those of the engine's machine, the others of this one."""
    clock = result.get("clock") or {}
    return Lost(
        asleep_s=round(max(seen.asleep_s, clock.get("asleep_s", 0.0), 0.0), 3),
        stepped_s=clock.get("stepped_s", 0.0),
        stalled_s=round(stalled_s(seen.spans_s), 3),
        late_s=round(seen.late_s, 3),
    )


def _changed(lab: RunningLab, seen: Seen) -> list[str]:
    services = {c.service for c in measured_containers(lab)}
    gone = sorted(services - (set(seen.before) & set(seen.after)))
    return [f"the lab changed during the window: {', '.join(gone)} left; measure again"] if gone else []


def measurement_of(
    lab: RunningLab,
    topology: Topology,
    seen: Seen,
    result: Mapping[str, Any],
    *,
    block: int,
    started_s: float,
) -> Measurement:
    """Return the measurement that was seen, judged by the gates."""
    latency, window, errors = result["latency_ms"], result["window"], list(result["errors"])
    top = max(errors, key=lambda e: e["count"], default=None)
    idle = mean(seen.idle) if seen.idle else None
    lost = _lost(seen, result)
    use = [
        use_of(
            c.service,
            c.tier,
            seen.before[c.service],
            seen.after[c.service],
            topology,
            seen.tiers.means(c.service),
        )
        for c in measured_containers(lab)
        if c.service in seen.before and c.service in seen.after
    ]
    return Measurement(
        block=block,
        started_at_s=started_s,
        duration_s=window["end_s"] - window["start_s"],
        requests=result["requests"],
        failures=result["failures"],
        throughput_rps=result["throughput_rps"],
        normalised_rps=None,
        work_ms=result["work_ms"]["mean"] if result["work_ms"].get("count") else None,
        latency=Latency(
            mean_ms=latency["mean"] or 0.0,
            p50_ms=latency["p50"] or 0.0,
            p95_ms=latency["p95"] or 0.0,
            p99_ms=latency["p99"] or 0.0,
            max_ms=latency["max"] or 0.0,
        ),
        by_name=result["by_name"],
        errors=errors,
        replicas=result["replicas"],
        cache=result["cache"],
        generator_cpu_ratio=result["generator"]["cpu_ratio"],
        host_idle_ratio=idle,
        host_steal_ratio=mean(seen.steal) if seen.steal else None,
        use=use,
        series=seen.series,
        histogram=result["histogram"],
        lost=lost,
        problems=reasons(lost)
        + _changed(lab, seen)
        + problems(
            requests=result["requests"],
            failures=result["failures"],
            top_error=f"{top['name']}: {top['error']}" if top else "",
            generator_cpu_ratio=result["generator"]["cpu_ratio"],
            host_idle_ratio=idle,
            verify=seen.verify,
        ),
    )
