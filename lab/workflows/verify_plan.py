"""Whether a verdict can be tested by intervention: the same lab must run, the tier must have a share, the machine room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lab.errors import BadInput, MachineNotReady
from lab.model.explained import Explained, explain_point
from lab.model.gates import MIN_REQUESTS
from lab.model.intervention import FACTOR, predicted_ratio
from lab.model.run import Point, Run, Verdict
from lab.model.scenario import Scenario
from lab.model.state import RunningLab
from lab.model.stats import mean
from lab.model.topology import Topology
from lab.model.verdict import binding_tier
from lab.workflows.context import Context
from lab.workflows.fitting import require_fit
from lab.workflows.measure import Load
from lab.workflows.mend import MAXCONN
from lab.workflows.same_lab import same_lab, same_scenario

AS_IT_IS: Final = "as it is"
_WARMUP_S: Final = 4.0  # the cache is full from the window before
_ROOMY: Final = 1.3  # a slower minute must not spoil a window
_RAMP_S: Final = 2.0
_SPARE_CORES_RATIO: Final = 0.10  # of the machine must stay idle
MAXCONN_RAISED: Final = 10  # Apache has 11 workers: one is left for health checks
_CONTROLS: Final = ("store", "db-replica", "db-primary", "web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """What a window raises: `shares` cores of each container by tier; `maxconn` requests in hand of each web replica."""

    shares: Mapping[str, float] = field(default_factory=dict)
    maxconn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPlan:
    """What an intervention is going to do.

    Attributes:
        suspect: the tier whose share, or number of requests in hand, is raised.
        raises: what is raised at each point, by its label; the first one is as it is.
        control: another tier that is raised; empty when no other has a share.
        predicted: ratio of throughput that the demand table expects.
        words: what to tell before it starts.
    """

    lab: RunningLab
    topology: Topology
    scenario: Scenario
    load: Load
    verdict: Verdict
    run_id: str
    suspect: str
    control: str
    raises: Mapping[str, Raise]
    predicted: float
    pairs: int
    words: Sequence[str]
    host_bound: str = ""


def plan_verify(ctx: Context, run: Run, *, pairs: int, duration_s: float | None) -> VerifyPlan:
    """Check that the last point of a run can be tested.

    Raises:
        LabNotRunning, NotComparable: the lab that it was made on does not run; says what to type.
        BadInput: no tier's CPU binds, or it has no share to raise.
        MachineNotReady: the machine could not carry the raised share.
    """
    of = run.points[-1] if run.points else None
    if of is None:
        raise BadInput(f"{run.id} has no point to verify")
    found = explain_point(of)
    lab, topology = same_lab(ctx, of)
    scenario = same_scenario(ctx, run)
    shares = _shares(found)
    suspect, raise_suspect, predicted = _suspect(found, shares, topology)
    control = _control(found, shares, suspect)
    _require_room(ctx, found, predicted)
    is_pool = raise_suspect.maxconn is not None
    words_suspect = f"web: {MAXCONN_RAISED} requests in hand, not {MAXCONN}" if is_pool else _label(suspect)
    raised = {AS_IT_IS: Raise(), words_suspect: raise_suspect}
    if control:
        raised[f"control: {_label(control)}"] = Raise(shares={control: shares[control] * FACTOR})
    load = _load(run, of, found, scenario, duration_s)
    windows = len(raised) * pairs
    words = [
        f"suspect: {found.verdict.sentence}",
        f"{windows} windows in turns ({', '.join(raised)}), about {windows * (load.total_s + 4) / 60:.0f} min; predicted: throughput x {predicted:.2f}",
    ]
    return VerifyPlan(
        lab=lab, topology=topology, scenario=scenario, load=load, verdict=found.verdict, run_id=run.id, suspect=suspect,
        control=control, raises=raised, predicted=predicted, pairs=pairs, words=words,
        host_bound=require_fit(ctx, topology, scenario=scenario.name).host_bound,
    )  # fmt: skip


def _label(tier: str) -> str:
    return f"{tier} CPU x {FACTOR:g}"


def _load(run: Run, of: Point, found: Explained, scenario: Scenario, duration_s: float | None) -> Load:
    said = run.load
    if said.get("model", "closed") != "closed":
        raise BadInput(
            f"{run.id} has an open load: its throughput is the rate that was asked for",
            hint="verify a closed one: lab bench",
        )
    return Load(
        users=int(of.setting.get("users", said.get("users", scenario.users))),
        think_s=None,
        ramp_s=_RAMP_S,
        warmup_s=min(_WARMUP_S, scenario.warmup_s),
        duration_s=_duration_s(found, duration_s, float(said.get("duration_s", scenario.duration_s))),
        seed=run.seed,
    )


def _duration_s(found: Explained, asked_s: float | None, usual_s: float) -> float:
    """Return the length of a window, in which enough requests can end."""
    x = mean([m.throughput_rps for m in found.measurements])
    needed_s = math.ceil(_ROOMY * MIN_REQUESTS / x) if x else usual_s
    if asked_s is not None and asked_s < needed_s:
        raise BadInput(
            f"--duration: {x:.1f} requests a second are {x * asked_s:.0f} in {asked_s:g} s, and a window needs {MIN_REQUESTS} with room to spare;"
            f" use at least {needed_s:g}s"
        )
    return asked_s or max(usual_s, needed_s)


def _shares(found: Explained) -> dict[str, float]:
    """Return the cores of each tier that has a quota."""
    return {row.tier: row.capacity_cores for row in found.table if row.has_quota and row.capacity_cores}


def _suspect(found: Explained, shares: dict[str, float], topology: Topology) -> tuple[str, Raise, float]:
    """Return (the tier, what to raise, the predicted ratio of throughput)."""
    tier = binding_tier(found.verdict)
    if found.verdict.kind == "soft-limit" and topology.has_balancer:
        bound = min((row.x_max_rps for row in found.table if row.x_max_rps), default=0.0)
        x = mean([m.throughput_rps for m in found.measurements])
        return (
            "web",
            Raise(maxconn=MAXCONN_RAISED),
            max(1.0, min(MAXCONN_RAISED / MAXCONN, bound / x if x else 1.0)),
        )
    if not tier:
        raise BadInput(
            f"--verify raises a CPU share or the web replicas' workers, and neither binds here: {found.verdict.sentence}",
            hint="lab explain shows the evidence",
        )
    if tier not in shares:
        raise BadInput(
            f"--verify: {tier} has no CPU quota that could be raised: its threads are at their limit",
            hint="use another load, or more containers of it",
        )
    return tier, Raise(shares={tier: shares[tier] * FACTOR}), predicted_ratio(found.table, tier)


def _control(found: Explained, shares: dict[str, float], suspect: str) -> str:
    """Return the tier with a share that is the least busy; empty when there is no other."""
    others = [r for r in found.table if r.tier in shares and r.tier != suspect and r.tier in _CONTROLS]
    if found.verdict.kind == "two":
        others = [row for row in others if row.tier != found.verdict.second]
    return min(others, key=lambda row: row.utilisation or 0.0).tier if others else ""


def _require_room(ctx: Context, found: Explained, predicted: float) -> None:
    idle = mean([m.host_idle_ratio for m in found.measurements if m.host_idle_ratio is not None])
    cores = ctx.engine.machine().cores
    used = mean(
        [
            sum(use.cpu_cores for use in m.use) + (m.generator_cpu_cores or m.generator_cpu_ratio)
            for m in found.measurements
        ]
    )
    extra, room = (predicted - 1) * used, (idle - _SPARE_CORES_RATIO) * cores
    if extra > room:
        raise MachineNotReady(
            f"The machine cannot carry it: throughput x {predicted:.2f} needs {extra:.2f} cores more, and {max(room, 0):.2f} are free.",
            hint="measure with fewer replicas or smaller shares: lab doctor",
        )
