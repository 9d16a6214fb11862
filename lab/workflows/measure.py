"""One measured window: warm up, sample both ends, collect what the probe says, judge it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.errors import LabError
from lab.model.cpu import quota
from lab.model.lost import Lateness
from lab.model.measurement import Measurement
from lab.model.plan import quota_cores
from lab.model.scenario import Scenario
from lab.model.state import CpuSample, RunningLab
from lab.model.topology import Topology
from lab.workflows.ceiling import ensure_ceiling
from lab.workflows.context import Context
from lab.workflows.find import measured_containers
from lab.workflows.generators import learned, processes_for
from lab.workflows.judged import asked_of, writes_since_restored
from lab.workflows.observed import Seen, measurement_of, note, rate_rps
from lab.workflows.probe_job import job_of

_AS_PLANNED: Final[Mapping[str, float]] = {}
FILL_SHARE: Final = 0.5  # of ramp + warm-up during which quotas are lifted, so that the cache fills quickly


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A closed load: users that act, think and act again. Seconds; `seed` fixes every random choice.

    Attributes:
        is_cold: no cache is filled beforehand, so that the fill is seen.
        rate_rps: actions started a second, an open load; then nobody thinks, and `users` is not used. None = closed.
    """

    users: int
    think_s: float | None
    ramp_s: float
    warmup_s: float
    duration_s: float
    seed: int
    is_cold: bool = False
    rate_rps: float | None = None

    @property
    def total_s(self) -> float:
        """Return the seconds from start to end."""
        return self.ramp_s + self.warmup_s + self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a person sees while it runs.

    Attributes:
        under_way: users that act; in an open load, actions that have not ended.
        rate_rps: offered by an open load; None in a closed one.
        late, dropped: its starts of the last second that came more than 5 ms late, and those that were not made.
    """

    phase: str
    elapsed_s: float
    total_s: float
    throughput_rps: float
    failures: int
    p95_ms: float
    under_way: int = 0
    rate_rps: float | None = None
    late: int = 0
    dropped: int = 0


def set_quotas(
    ctx: Context,
    lab: RunningLab,
    topology: Topology,
    *,
    lifted: bool,
    shares: Mapping[str, float] = _AS_PLANNED,
) -> None:
    """Put every container's CPU quota to the plan's, or lift them all while caches fill; `shares` overrule the plan."""
    ids: dict[float, list[str]] = {}
    for container in measured_containers(lab):
        cores = shares.get(container.tier, quota_cores(topology, container.tier))
        if cores is not None:
            ids.setdefault(cores, []).append(container.id)
    for cores, group in ids.items():
        ctx.engine.set_quota(group, None if lifted else quota(cores))


def measure(
    ctx: Context,
    lab: RunningLab,
    topology: Topology,
    scenario: Scenario,
    load: Load,
    *,
    block: int,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    shares: Mapping[str, float] = _AS_PLANNED,
) -> tuple[Measurement, dict[str, Any]]:
    """Measure one window; return it with the probe's description of the machine.

    A window whose load generator had no room is marked as spoiled: measured again, it has more processes.

    Args:
        shares: cores of each container of a tier, in place of the plan's, for this window.

    Raises:
        RunInvalid: the scenario itself failed.
        LabError: the probe died.
    """
    ensure_ceiling(ctx, lab)
    started_s = ctx.clock.now_s()
    seen = Seen(writes=writes_since_restored(ctx, lab))
    job = job_of(lab, topology, scenario, load, processes=processes_for(ctx, load))
    with ctx.probe.run(ctx.lab, job) as events:
        try:
            _watch(ctx, lab, topology, load, events, seen, on_progress, shares)
        finally:
            with contextlib.suppress(LabError):  # the lab may be gone; the next measurement sets them again
                set_quotas(ctx, lab, topology, lifted=False)
    if seen.result is None:
        raise LabError("The probe ended without a result.", hint="lab logs; run again with --debug")
    asked = asked_of(topology, scenario, load)
    found = measurement_of(lab, asked, seen, seen.result, block=block, started_s=started_s)
    return learned(ctx, load, found), seen.ready


def _watch(
    ctx: Context,
    lab: RunningLab,
    topology: Topology,
    load: Load,
    events: Iterator[dict[str, Any]],
    seen: Seen,
    on_progress: Callable[[Progress], None],
    shares: Mapping[str, float],
) -> None:
    is_lifted = False
    start_s: float | None = None
    asleep_before_s, lateness = 0.0, Lateness()
    for event in events:
        kind = event["event"]
        now_s = ctx.clock.monotonic_s()
        late_s = lateness.of(sent_s=event["t_s"], seen_s=now_s)
        if kind == "phase" and event["phase"] == "ramp":
            start_s = now_s
            asleep_before_s = ctx.clock.asleep_s()
            is_lifted = not load.is_cold  # a fill that is to be seen takes its time
            set_quotas(ctx, lab, topology, lifted=is_lifted, shares=shares)
        if is_lifted and start_s and now_s - start_s > FILL_SHARE * (load.ramp_s + load.warmup_s):
            set_quotas(ctx, lab, topology, lifted=False, shares=shares)
            is_lifted = False
        if kind == "phase" and event["phase"] == "measure":
            seen.before, seen.late_s = _samples(ctx, lab), late_s
            seen.quotas = _quotas(ctx, lab)
        if kind == "phase" and event["phase"] == "drain":
            seen.after, seen.late_s = _samples(ctx, lab), max(seen.late_s, late_s)
            seen.asleep_s = ctx.clock.asleep_s() - asleep_before_s
        note(event, seen)
        if kind == "second":
            on_progress(
                Progress(
                    phase=event["phase"],
                    elapsed_s=now_s - (start_s or now_s),
                    total_s=load.total_s,
                    throughput_rps=rate_rps(event),
                    failures=event["failures"],
                    p95_ms=event.get("p95_ms") or 0.0,
                    under_way=event.get("users") or 0,
                    rate_rps=load.rate_rps,
                    late=event.get("late") or 0,
                    dropped=event.get("dropped") or 0,
                )
            )


def _quotas(ctx: Context, lab: RunningLab) -> dict[str, float | None]:
    """Return each container's CPU limit in cores; a person may have given one to a tier that has none by plan."""
    containers = measured_containers(lab)
    have = ctx.engine.quotas([c.id for c in containers])
    found = {c.service: have.get(c.id) for c in containers}
    return {service: q.quota_us / q.period_us if q else None for service, q in found.items()}


def _samples(ctx: Context, lab: RunningLab) -> dict[str, CpuSample]:
    found = {}
    for container in measured_containers(lab):
        with contextlib.suppress(
            LabError
        ):  # gone or stopped meanwhile: its missing sample makes the window INVALID
            found[container.service] = ctx.engine.sample(container.id)
    return found
