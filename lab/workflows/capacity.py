"""`lab capacity`: the highest rate that holds an objective, or the fewest replicas that hold it at a rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from lab.errors import BadInput, RunInvalid
from lab.model.capacity import Answer, Trial, answer, fewest, majorities, next_replicas, next_trial
from lab.model.judge import Judgement, judge
from lab.model.run import Measurement, Run
from lab.model.scenario import Scenario
from lab.model.slo import Slo
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.bench import require_free_name, require_tiers
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab, own_web_image
from lab.workflows.fitting import require_fits, warn_of_power
from lab.workflows.measure import Load, Progress, measure
from lab.workflows.record import (
    environment,
    iso_now,
    keep,
    load_record,
    new_run_id,
    point,
    scenario_record,
)
from lab.workflows.reset import is_changed, reset_data
from lab.workflows.up import execute, plan_up

START_SHARE: Final = 0.5  # of the saturated throughput: the search begins where the lab has room
MAX_INVALID: Final = 2  # windows in a row that say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """What is searched for.

    Attributes:
        load: an open one; its rate is set for each window.
        rates_rps: actions a second at which the fewest replicas are searched; empty = search the highest rate.
        topologies: the running one, or one for each number of replicas, by that number.
        deadline_s: no window is begun that would end later, in seconds from the start; None = no limit.
    """

    scenario: Scenario
    load: Load
    slo: Slo
    rates_rps: Sequence[float]
    topologies: dict[int, Topology]
    before: Topology
    web_image: str | None
    name: str | None
    deadline_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One window of the search."""

    rate_rps: float
    replicas: int
    measurement: Measurement
    judgement: Judgement


@dataclass(slots=True, kw_only=True)
class Search:
    """Everything that was tried, and what came of it."""

    tried: list[Tried] = field(default_factory=list)
    saturation_rps: float | None = None
    ready: dict[str, Any] = field(default_factory=dict)
    stopped: str = ""


OnTried = Callable[[Tried, str], None]
OnProgress = Callable[[Progress], None]


def plan_capacity(
    ctx: Context,
    scenario: Scenario,
    load: Load,
    slo: Slo,
    *,
    rates_rps: Sequence[float] = (),
    replicas: Sequence[int] = (),
    name: str | None = None,
    deadline_s: float | None = None,
) -> CapacityPlan:
    """Check that the search can run, on the lab that runs.

    Raises:
        LabNotRunning: no lab.
        BadInput: the name is taken, or the topology lacks a tier.
        MachineNotReady: no memory for one of the topologies.
    """
    lab = need_running_lab(ctx)
    if lab.topology is None:
        raise BadInput(f'lab "{ctx.lab}" was started by another version', hint="lab down; lab up")
    if len(replicas) > 1 and lab.topology.balance == "none":
        raise BadInput(
            "--replicas: the running lab has no balancer (--balance none)", hint="lab up --stage balanced"
        )
    topologies = {n: replace(lab.topology, replicas=n) for n in replicas or [lab.topology.replicas]}
    require_tiers(scenario, lab.topology)
    require_free_name(ctx, name)
    require_fits(ctx, topologies, factor="replicas" if replicas else "", scenario=scenario.name)
    return CapacityPlan(
        scenario=scenario,
        load=load,
        slo=slo,
        rates_rps=rates_rps,
        topologies=topologies,
        before=lab.topology,
        web_image=own_web_image(lab),
        name=name,
        deadline_s=deadline_s,
    )


def run_capacity(
    ctx: Context, plan: CapacityPlan, *, on_progress: OnProgress, on_tried: OnTried
) -> tuple[Run, Path]:
    """Search, put the topology back, keep the run and return it with its folder.

    Raises:
        RunInvalid: window after window failed a gate that says nothing about the lab, before anything was found.
    """
    power = warn_of_power(ctx)
    search = Search()
    searcher = _Searcher(ctx, plan, search, on_progress, on_tried)
    try:
        if plan.rates_rps:
            searcher.fewest_replicas()
        else:
            searcher.highest_rate()
    finally:
        if len(plan.topologies) > 1:
            execute(ctx, plan_up(ctx, plan.before, web_image=plan.web_image))
    if not search.tried:
        raise RunInvalid(search.stopped or "nothing was measured", hint="lab doctor; a longer --max-time")
    run = _run(ctx, plan, search, power)
    return run, keep(ctx, run)


class _Searcher:
    """Tries one window after the other."""

    def __init__(
        self,
        ctx: Context,
        plan: CapacityPlan,
        search: Search,
        on_progress: OnProgress,
        on_tried: OnTried,
    ) -> None:
        self._ctx = ctx
        self._plan = plan
        self._search = search
        self._on_progress = on_progress
        self._on_tried = on_tried
        self._began_s = ctx.clock.monotonic_s()
        self._window = 0
        self._is_first = True

    def highest_rate(self) -> None:
        """Ramp, bisect and confirm on the running topology."""
        replicas = next(iter(self._plan.topologies))
        pilot = self._window_of(replicas, rate_rps=None)
        self._search.saturation_rps = pilot.actions / pilot.duration_s if pilot.duration_s else None
        start_rps = START_SHARE * (self._search.saturation_rps or 1.0)
        trials: list[Trial] = []
        while (step := next_trial(trials, start_rps)) is not None:
            held = self._try(replicas, step.rate_rps, step.phase)
            if held is None:
                return
            trials.append(Trial(rate_rps=step.rate_rps, holds=held))

    def fewest_replicas(self) -> None:
        """Bisect the replicas at each rate."""
        for rate_rps in self._plan.rates_rps:
            trials: list[tuple[int, bool]] = []
            while (replicas := next_replicas(trials, list(self._plan.topologies))) is not None:
                held = self._try(replicas, rate_rps, "bisect" if len(trials) < 4 else "confirm")
                if held is None:
                    return
                trials.append((replicas, held))

    def _try(self, replicas: int, rate_rps: float, phase: str) -> bool | None:
        """Return whether the objective was held; None when the search must stop."""
        reason = ""
        for attempt in range(MAX_INVALID + 1):
            if not self._has_time():
                self._search.stopped = "--max-time was over before the search was"
                return None
            measurement = self._window_of(replicas, rate_rps=rate_rps)
            judgement = judge(self._plan.slo, measurement, rate_rps=rate_rps)
            again = bool(judgement.invalid) and attempt < MAX_INVALID
            tried = Tried(
                rate_rps=rate_rps,
                replicas=replicas,
                measurement=replace(judgement.measurement, repeated=again),
                judgement=judgement,
            )
            self._search.tried.append(tried)
            self._on_tried(tried, phase)
            if not judgement.invalid:
                return not judgement.broken
            reason = judgement.invalid[0]
        self._search.stopped = f"at {rate_rps:g}/s: {reason}"
        return None

    def _has_time(self) -> bool:
        if self._plan.deadline_s is None:
            return True
        spent_s = self._ctx.clock.monotonic_s() - self._began_s
        return spent_s + self._plan.load.total_s <= self._plan.deadline_s

    def _window_of(self, replicas: int, *, rate_rps: float | None) -> Measurement:
        self._window += 1
        load = replace(self._plan.load, rate_rps=rate_rps, seed=self._plan.load.seed + self._window)
        topology = self._plan.topologies[replicas]
        lab = self._lab(topology)
        measurement, seen = measure(
            self._ctx,
            lab,
            topology,
            self._plan.scenario,
            load,
            block=self._window,
            on_progress=self._on_progress,
        )
        self._search.ready = seen or self._search.ready
        return measurement

    def _lab(self, topology: Topology) -> RunningLab:
        lab = need_running_lab(self._ctx)
        if lab.topology != topology:
            lab = execute(self._ctx, plan_up(self._ctx, topology, web_image=self._plan.web_image))
        writes = self._plan.scenario.data == "writes"
        if writes and not self._is_first and is_changed(self._ctx, lab):
            lab = reset_data(self._ctx, topology, with_store=topology.store == "s3")
        self._is_first = False
        return lab


def _run(ctx: Context, plan: CapacityPlan, search: Search, power: str | None) -> Run:
    by_replicas = bool(plan.rates_rps) and len(plan.topologies) > 1
    groups: dict[tuple[float, int], list[Measurement]] = {}
    for tried in search.tried:
        groups.setdefault((tried.rate_rps, tried.replicas), []).append(tried.measurement)
    points = [
        point(
            f"{rate:g}" + (f" · {replicas} web" if by_replicas else ""),
            {"rate": rate, "replicas": replicas},
            plan.topologies[replicas],
            measurements,
        )
        for (rate, replicas), measurements in sorted(groups.items())
    ]
    largest = plan.topologies[max(plan.topologies)]
    return Run(
        id=new_run_id(ctx, plan.scenario, "capacity"),
        kind="capacity",
        name=plan.name,
        created_at=iso_now(ctx),
        scenario=scenario_record(plan.scenario),
        load={**load_record(plan.scenario, replace(plan.load, rate_rps=search.tried[-1].rate_rps)), "rate_rps": None},
        environment=environment(ctx, largest, search.ready, web_image=plan.web_image, power=power),
        factor="rate",
        seed=plan.load.seed,
        blocks=1,
        points=tuple(points),
        second_factor="replicas" if by_replicas else "",
        procedure=procedure(plan, search),
    )  # fmt: skip


def procedure(plan: CapacityPlan, search: Search) -> dict[str, Any]:
    """Return the objective, the answer, and every window that led to it."""
    said: dict[str, Any] = {
        "slo": str(plan.slo),
        "saturation_rps": search.saturation_rps,
        "stopped": search.stopped,
        "trials": [
            {
                "rate_rps": t.rate_rps,
                "replicas": t.replicas,
                "holds": None if t.judgement.invalid else not t.judgement.broken,
                "why": [*t.judgement.invalid, *t.judgement.broken],
            }
            for t in search.tried
        ],
    }
    counted = [t for t in search.tried if not t.judgement.invalid]
    if plan.rates_rps:
        by_rate = {
            rate: majorities([(t.replicas, not t.judgement.broken) for t in counted if t.rate_rps == rate])
            for rate in plan.rates_rps
        }
        said["demand"] = [
            {"rate_rps": rate, "replicas": fewest(found), "tried": [n for n, _ in found]}
            for rate, found in by_rate.items()
        ]
        return said
    return said | _as_document(
        answer([Trial(rate_rps=t.rate_rps, holds=not t.judgement.broken) for t in counted])
    )


def _as_document(found: Answer) -> dict[str, Any]:
    return {
        "holds_rps": found.holds_rps,
        "holds_runs": list(found.holds_runs),
        "fails_rps": found.fails_rps,
        "fails_runs": list(found.fails_runs),
        "confirmed": found.is_confirmed,
    }
