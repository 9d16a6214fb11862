"""`lab capacity`: how much load holds an objective, and how many replicas a load needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lab.cli.bench import MAX_RATE_RPS, MIN_RATE_RPS
from lab.cli.console import out_json, out_text
from lab.cli.state import GLOBALS
from lab.errors import BadInput, RunInvalid, TargetMissed

if TYPE_CHECKING:
    from lab.model.run import Run
    from lab.workflows.capacity_plan import CapacityPlan
    from lab.workflows.capacity_search import Tried
    from lab.workflows.context import Context

USUAL_WINDOWS: Final = 14  # from half of the saturated throughput to two confirmed neighbours
MAX_RATES: Final = 10


def capacity(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A name from `lab scenarios`, or a path to a .toml.")
    ],
    slo: Annotated[
        str,
        typer.Option("--slo", metavar="SLO", help="The objective: 'p95<200ms', or p95=200ms,errors=0.1%."),
    ],
    rate: Annotated[
        str | None,
        typer.Option("--rate", metavar="R[,R...]", help="Find the fewest --replicas that hold it at R/s."),
    ] = None,
    replicas: Annotated[
        str | None, typer.Option("--replicas", metavar="RANGE", help="With --rate: which to try, like 1..8.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="60s", help="Length of each window.")
    ] = None,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="20m", help="Begin no window that ends later.")
    ] = None,
    save_as: Annotated[str | None, typer.Option("--save-as", metavar="NAME", help="A name for it.")] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", metavar="N", help="Fixes every random choice.")
    ] = None,
) -> None:
    """Find the highest rate that holds an objective: ramp, bisect to 3 %, confirm.

    The load is open: actions start at random moments at a given rate, whether earlier ones have ended or not, and a
    latency counts from the moment an action was meant to start. With --rate and --replicas it finds the fewest web
    replicas that hold the objective at that rate.

    Examples: lab capacity read-heavy --slo 'p95<200ms' · lab capacity read-heavy --slo p95=200ms --rate 20,40 --replicas 1..6
    """  # fmt: skip
    from lab.cli.bench import DEFAULT_SEED, RAMP_S, seconds
    from lab.cli.options import whole
    from lab.cli.wiring import context
    from lab.model.slo import parse_slo
    from lab.workflows.capacity_plan import plan_capacity
    from lab.workflows.exclusive import exclusively
    from lab.workflows.measure import Load

    ctx = context()
    chosen = ctx.scenarios.load(scenario)
    objective = parse_slo(slo)
    rates = _rates(rate)
    counts = _counts(replicas, has_rate=bool(rates))
    load = Load(
        users=chosen.users,
        think_s=None,
        ramp_s=RAMP_S,
        warmup_s=chosen.warmup_s,
        duration_s=seconds("--duration", duration) if duration else chosen.duration_s,
        seed=whole("--seed", seed or str(DEFAULT_SEED), 0, 2**32 - 1),
    )
    limit_s = seconds("--max-time", max_time, low=10) if max_time else None
    with exclusively(ctx, "capacity"):
        plan = plan_capacity(
            ctx, chosen, load, objective, rates_rps=rates, replicas=counts, name=save_as, deadline_s=limit_s
        )
        _search(ctx, plan)


def _rates(words: str | None) -> list[float]:
    if words is None:
        return []
    found: list[float] = []
    for word in words.split(","):
        try:
            value = float(word)
        except ValueError:
            value = -1.0
        if not MIN_RATE_RPS <= value <= MAX_RATE_RPS:
            raise BadInput(
                f"--rate: must be actions a second, from {MIN_RATE_RPS:g} to {MAX_RATE_RPS:g}; got {word!r}"
            )
        found.append(value)
    if len(found) > MAX_RATES or len(set(found)) < len(found):
        raise BadInput(f"--rate: at most {MAX_RATES} different rates; got {words!r}")
    return found  # fmt: skip


def _counts(words: str | None, *, has_rate: bool) -> list[int]:
    from lab.model.sweep import expand
    from lab.model.topology_values import MAX_REPLICAS

    if words is None:
        if has_rate:
            raise BadInput("--rate: needs --replicas, the numbers to try", hint="for example --replicas 1..8")
        return []
    if not has_rate:
        raise BadInput(
            "--replicas: needs --rate: the fewest replicas are searched at a rate",
            hint="without both, the highest rate of the running lab is searched",
        )
    values = expand("replicas", words)
    if not all(isinstance(value, int) and 1 <= value <= MAX_REPLICAS for value in values):
        raise BadInput(f"--replicas: must be whole numbers from 1 to {MAX_REPLICAS}; got {words!r}")
    return [int(value) for value in values]


def _search(ctx: Context, plan: CapacityPlan) -> None:
    from lab.cli.measuring import progress_bar
    from lab.workflows.capacity import run_capacity

    what = (
        f"the fewest of {', '.join(map(str, plan.topologies))} replicas at {', '.join(f'{r:g}' for r in plan.rates_rps)}/s"
        if plan.rates_rps
        else "the highest rate"
    )
    windows = USUAL_WINDOWS if not plan.rates_rps else 8 * len(plan.rates_rps)
    minutes = windows * (plan.load.total_s + 3) / 60
    ctx.reporter.info(
        f"{plan.scenario.name}: {what} that holds {plan.slo}; about {windows} windows, {minutes:.0f} min"
    )

    def on_tried(tried: Tried, phase: str) -> None:
        m, j = tried.measurement, tried.judgement
        said = (
            f"INVALID: {'; '.join(j.invalid)}"
            if j.invalid
            else f"not held: {', '.join(j.broken)}"
            if j.broken
            else "held"
        )
        at = f" with {tried.replicas} web" if plan.rates_rps else ""
        ctx.reporter.info(f"  {phase:7} {tried.rate_rps:6g}/s{at}: {m.throughput_rps:.1f} req/s · p95 {m.latency.p95_ms:,.0f} ms · {said}")  # fmt: skip

    with progress_bar(plan.scenario.name) as on_progress:
        run, folder = run_capacity(ctx, plan, on_progress=on_progress, on_tried=on_tried)
    _finish(run, str(folder))


def _finish(run: Run, folder: str) -> None:
    from lab.model.run import to_document
    from lab.report.capacity_text import capacity_lines

    if GLOBALS.as_json:
        out_json({**to_document(run), "folder": folder})
    else:
        lines = [*capacity_lines(run), f"report: {os.path.relpath(folder)}/report.html"]
        out_text("\n".join(lines))
    said: dict[str, Any] = dict(run.procedure)
    if not run.is_valid:
        raise RunInvalid(f"INVALID\n{said['stopped']}", hint=f"the data is kept in {folder}")
    answers = [each["replicas"] for each in said["demand"]] if "demand" in said else [said["holds_rps"]]
    if not said["stopped"] and any(each is None for each in answers):
        raise TargetMissed(f"The objective is not met: {said['slo']}", hint=f"lab explain {run.id}")
