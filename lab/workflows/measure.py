"""One measured window: warm up, sample both ends, collect what the probe says, judge it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lab.errors import LabError
from lab.model.cpu import quota
from lab.model.gates import problems
from lab.model.plan import quota_cores
from lab.model.run import Latency, Measurement, Second
from lab.model.scenario import Scenario
from lab.model.state import Container, CpuSample, RunningLab
from lab.model.stats import mean
from lab.model.topology import Topology
from lab.model.use import TierValues, use_of
from lab.workflows.context import Context

TIERS: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")
# The data set's size, as the db image is seeded (mysql/seed).
DATA: Final = {"users": 2000, "photos": 20000}
FILL_SHARE: Final = 0.5  # of ramp + warm-up during which quotas are lifted, so that the cache fills quickly


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A closed load: users that act, think and act again. Seconds; `seed` fixes every random choice."""

    users: int
    think_s: float | None
    ramp_s: float
    warmup_s: float
    duration_s: float
    seed: int

    @property
    def total_s(self) -> float:
        """Return the seconds from start to end."""
        return self.ramp_s + self.warmup_s + self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a person sees while it runs."""

    phase: str
    elapsed_s: float
    total_s: float
    throughput_rps: float
    failures: int
    p95_ms: float


@dataclass(slots=True)
class _Seen:
    """Everything that one probe run said."""

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


def job_of(lab: RunningLab, topology: Topology, scenario: Scenario, load: Load) -> dict[str, Any]:
    """Return the probe's job document."""
    return {
        "schema": "probe.job/1",
        "target": f"http://{topology.entry}",
        "seed": load.seed,
        "scenario": {
            "name": scenario.name,
            "locustfile": scenario.locustfile,
            "modules": {},
            "settings": dict(scenario.settings),
        },
        "load": {
            "users": load.users,
            "ramp_s": load.ramp_s,
            "warmup_s": load.warmup_s,
            "duration_s": load.duration_s,
            **({} if load.think_s is None else {"think_s": load.think_s}),
        },
        "watch": {tier: [c.service for c in lab.tier(tier)] for tier in TIERS if lab.tier(tier)},
        "data": DATA,
        "verify": scenario.verify,
    }


def measured_containers(lab: RunningLab) -> list[Container]:
    """Return the running containers of the tiers."""
    return [c for tier in TIERS for c in lab.tier(tier) if c.state == "running"]


def set_quotas(ctx: Context, lab: RunningLab, topology: Topology, *, lifted: bool) -> None:
    """Put every container's CPU quota to the plan's, or lift them all while caches fill."""
    for container in measured_containers(lab):
        cores = quota_cores(topology, container.tier)
        if cores is not None:
            ctx.engine.set_quota(container.id, None if lifted else quota(cores))


def measure(
    ctx: Context,
    lab: RunningLab,
    topology: Topology,
    scenario: Scenario,
    load: Load,
    *,
    block: int,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
) -> tuple[Measurement, dict[str, Any]]:
    """Measure one window; return it with the probe's description of the machine.

    Raises:
        RunInvalid: the scenario itself failed.
        LabError: the probe died.
    """
    started_s = ctx.clock.now_s()
    seen = _Seen()
    with ctx.probe.run(ctx.lab, job_of(lab, topology, scenario, load)) as events:
        try:
            _watch(ctx, lab, topology, load, events, seen, on_progress)
        finally:
            with contextlib.suppress(LabError):  # the lab may be gone; the next measurement sets them again
                set_quotas(ctx, lab, topology, lifted=False)
    if seen.result is None:
        raise LabError("The probe ended without a result.", hint="lab logs; run again with --debug")
    return _measurement(lab, topology, seen, seen.result, block=block, started_s=started_s), seen.ready


def _watch(
    ctx: Context,
    lab: RunningLab,
    topology: Topology,
    load: Load,
    events: Iterator[dict[str, Any]],
    seen: _Seen,
    on_progress: Callable[[Progress], None],
) -> None:
    is_lifted = False
    start_s: float | None = None
    for event in events:
        kind = event["event"]
        now_s = ctx.clock.monotonic_s()
        if kind == "phase" and event["phase"] == "ramp":
            start_s = now_s
            set_quotas(ctx, lab, topology, lifted=True)
            is_lifted = True
        if is_lifted and start_s and now_s - start_s > FILL_SHARE * (load.ramp_s + load.warmup_s):
            set_quotas(ctx, lab, topology, lifted=False)
            is_lifted = False
        if kind == "phase" and event["phase"] == "measure":
            seen.before = _samples(ctx, lab)
        if kind == "phase" and event["phase"] == "drain":
            seen.after = _samples(ctx, lab)
        _note(event, seen)
        if kind == "second":
            on_progress(
                Progress(
                    phase=event["phase"],
                    elapsed_s=now_s - (start_s or now_s),
                    total_s=load.total_s,
                    throughput_rps=_rate(event),
                    failures=event["failures"],
                    p95_ms=event.get("p95_ms") or 0.0,
                )
            )


def _samples(ctx: Context, lab: RunningLab) -> dict[str, CpuSample]:
    found = {}
    for container in measured_containers(lab):
        with contextlib.suppress(
            LabError
        ):  # gone or stopped meanwhile: its missing sample makes the window INVALID
            found[container.service] = ctx.engine.sample(container.id)
    return found


def no_measurement(*, block: int, started_s: float, reason: str) -> Measurement:
    """Return an INVALID measurement for a window that never came: the scenario itself failed."""
    return Measurement(
        block=block, started_at_s=started_s, duration_s=0.0, requests=0, failures=0, throughput_rps=0.0,
        normalised_rps=None, work_ms=None, latency=Latency(mean_ms=0, p50_ms=0, p95_ms=0, p99_ms=0, max_ms=0),
        by_name={}, errors=(), replicas={}, cache={}, generator_cpu_ratio=0.0, host_idle_ratio=None,
        host_steal_ratio=None, use=(), series=(), histogram="", problems=(reason,),
    )  # fmt: skip


def _rate(second: Mapping[str, Any]) -> float:
    return float(second["requests"] - second["failures"]) / max(second.get("span_s") or 1.0, 1e-3)


def _note(event: Mapping[str, Any], seen: _Seen) -> None:
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
        seen.series.append(
            Second(
                t_s=event["t_s"],
                phase=event["phase"],
                throughput_rps=_rate(event),
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


def _changed(lab: RunningLab, seen: _Seen) -> list[str]:
    services = {c.service for c in measured_containers(lab)}
    gone = sorted(services - (set(seen.before) & set(seen.after)))
    return [f"the lab changed during the window: {', '.join(gone)} left; measure again"] if gone else []


def _measurement(
    lab: RunningLab,
    topology: Topology,
    seen: _Seen,
    result: Mapping[str, Any],
    *,
    block: int,
    started_s: float,
) -> Measurement:
    latency, window, errors = result["latency_ms"], result["window"], list(result["errors"])
    top = max(errors, key=lambda e: e["count"], default=None)
    idle = mean(seen.idle) if seen.idle else None
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
        problems=_changed(lab, seen)
        + problems(
            requests=result["requests"],
            failures=result["failures"],
            top_error=f"{top['name']}: {top['error']}" if top else "",
            generator_cpu_ratio=result["generator"]["cpu_ratio"],
            host_idle_ratio=idle,
            verify=seen.verify,
        ),
    )
