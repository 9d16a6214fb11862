"""What a measuring run says, gathered and turned into a measurement. Pure but for the caller's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.model.lost import Lost, stalled_s
from lab.model.measurement import Latency, Measurement, Second, Starts
from lab.model.state import CpuSample, RunningLab
from lab.model.stats import mean
from lab.model.use import TierValues, use_of
from lab.model.window import Asked
from lab.workflows.find import measured_containers
from lab.workflows.judged import judged
from lab.workflows.readings import Edges, balancer_count, hit_ratios


@dataclass(slots=True)
class Seen:
    """Everything that one probe run said, and the containers' counters at both ends of the window.

    `quotas` holds each container's CPU limit in cores as the engine has it; None = none.
    """

    ready: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    verify: list[str] = field(default_factory=list)
    series: list[Second] = field(default_factory=list)
    tiers: TierValues = field(default_factory=TierValues)
    idle: list[float] = field(default_factory=list)
    steal: list[float] = field(default_factory=list)
    before: dict[str, CpuSample] = field(default_factory=dict)
    after: dict[str, CpuSample] = field(default_factory=dict)
    quotas: dict[str, float | None] = field(default_factory=dict)
    phase: str = "ramp"
    spans_s: list[float] = field(default_factory=list)
    asleep_s: float = 0.0
    late_s: float = 0.0
    writes: int | None = None
    collectors_cpu_ratio: float | None = None
    edges: Edges = field(default_factory=dict)
    hits: dict[str, float] = field(default_factory=dict)

    @property
    def hit_ratio(self) -> float | None:
        """Return the cache's share of hits by now, the mean over its nodes; None before one was read."""
        return round(mean(list(self.hits.values())), 4) if self.hits else None

    def add(self, event: Mapping[str, Any]) -> None:
        """Take a tier's reading into account: at an edge, else for the share of hits, inside the window for its means."""
        target, values = event["target"], event["values"]
        if "edge" in event:
            self.edges[event["edge"], target] = (event["t_s"], values)
            return
        if "hit_ratio" in values:
            self.hits[target] = values["hit_ratio"]
        if self.phase == "measure":
            self.tiers.add(target, values)


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
    elif kind == "end":
        seen.collectors_cpu_ratio = event.get("collectors_cpu_ratio")
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
                work_ms=event.get("work_ms"),
                hit_ratio=seen.hit_ratio,
            )
        )
    elif kind == "tier":
        seen.add(event)
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


def _latency(document: Mapping[str, float | None]) -> Latency:
    """Return the latencies in a result, in milliseconds; 0 where nothing was measured."""
    return Latency(
        mean_ms=document["mean"] or 0.0,
        p50_ms=document["p50"] or 0.0,
        p95_ms=document["p95"] or 0.0,
        p99_ms=document["p99"] or 0.0,
        max_ms=document["max"] or 0.0,
    )


def measurement_of(
    lab: RunningLab,
    asked: Asked,
    seen: Seen,
    result: Mapping[str, Any],
    *,
    block: int,
    started_s: float,
) -> Measurement:
    """Return the measurement that was seen, judged by the gates."""
    window, generator = result["window"], result["generator"]
    balancer_requests, balancer_edge_s = balancer_count(seen.edges, window)
    use = [
        use_of(
            c.service,
            c.tier,
            seen.before[c.service],
            seen.after[c.service],
            seen.quotas.get(c.service),
            seen.tiers.means(c.service),
            seen.tiers.medians(c.service),
        )
        for c in measured_containers(lab)
        if c.service in seen.before and c.service in seen.after
    ]
    found = Measurement(
        block=block,
        started_at_s=started_s,
        duration_s=window["end_s"] - window["start_s"],
        requests=result["requests"],
        failures=result["failures"],
        throughput_rps=result["throughput_rps"],
        normalised_rps=None,
        work_ms=result["work_ms"]["mean"] if result["work_ms"].get("count") else None,
        latency=_latency(result["latency_ms"]),
        by_name=result["by_name"],
        errors=list(result["errors"]),
        replicas=result["replicas"],
        cache=result["cache"],
        generator_cpu_ratio=generator["cpu_ratio"],
        host_idle_ratio=mean(seen.idle) if seen.idle else None,
        host_steal_ratio=mean(seen.steal) if seen.steal else None,
        use=use,
        series=seen.series,
        histogram=result["histogram"],
        lost=_lost(seen, result),
        problems=(),
        balancer_requests=balancer_requests,
        actions=result["actions"],
        mix=result["mix"],
        service=_latency(result["service_latency_ms"]) if result.get("service_latency_ms") else None,
        starts=Starts(**result["starts"]) if "starts" in result else None,
        generator_lag_p99_ms=generator.get("loop_lag_p99_ms"),
        generator_processes=generator.get("processes", 1),
        generator_cpu_cores=generator.get("cpu_cores"),
        collectors_cpu_ratio=seen.collectors_cpu_ratio,
        writes=seen.writes,
    )
    return judged(
        found,
        asked,
        verify=seen.verify,
        hit_ratios=hit_ratios(seen.tiers, [c.service for c in lab.tier("cache")]),
        balancer_edge_s=balancer_edge_s,
        changed=_changed(lab, seen),
    )
