"""The windows of a search for capacity: each tries a rate, or a number of replicas, and says what to try next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lab.model.capacity import Trial, next_replicas, next_trial
from lab.model.judge import Judgement, judge
from lab.model.measurement import Measurement
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.capacity_plan import CapacityPlan
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.measure import Progress, measure
from lab.workflows.reset import is_changed, reset_data
from lab.workflows.up import execute
from lab.workflows.up_plan import plan_up

START_SHARE: Final = 0.5  # of the saturated throughput: the search begins where the lab has room
MAX_INVALID: Final = 2  # windows in a row that say nothing


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


class Searcher:
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
            judgement = judge(self._plan.slo, measurement)
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
