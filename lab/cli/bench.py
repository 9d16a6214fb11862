"""`lab scenarios`, `bench` and `sweep`: measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lab.cli.console import out, out_json
from lab.cli.options import MAX_USERS, given_options, whole, with_topology_options
from lab.cli.state import GLOBALS
from lab.errors import BadInput

if TYPE_CHECKING:
    from lab.model.scenario import Scenario
    from lab.workflows.measure import Load

RAMP_S: Final = 2.0
DEFAULT_SEED: Final = 20260101
_SCENARIO = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A name from `lab scenarios`, or a path to a .toml.")
]
_DURATION = Annotated[
    str | None,
    typer.Option("--duration", metavar="60s", help="Measured time of each window; default: the scenario's."),
]
_SAVE_AS = Annotated[str | None, typer.Option("--save-as", metavar="NAME", help="A name for the result.")]
_SEED = Annotated[str, typer.Option("--seed", metavar="N", help="Fixes the order and every random choice.")]


def scenarios(
    name: Annotated[str | None, typer.Argument(metavar="[SCENARIO]", help="Show one in full.")] = None,
) -> None:
    """List the scenarios: what users do, what we expect to see, which sweep shows it."""
    from lab.cli.wiring import context

    source = context().scenarios
    found = [source.load(name)] if name else [source.load(each) for each in source.names()]
    if GLOBALS.as_json:
        out_json({"schema": "lab.scenarios/1", "scenarios": [_as_document(s) for s in found]})
        return
    for scenario in found:
        mix = ", ".join(f"{action} {share:.0%}" for action, share in scenario.mix.items())
        out(f"[bold]{scenario.name}[/]  {scenario.title}")
        out(f"  mix: {mix}; {scenario.users} users, think {scenario.think_s:g} s")
        out(f"  expect: {scenario.hypothesis}")
        out(f"  [dim]lab sweep {scenario.name} {scenario.sweep}[/]")
        if name:
            out(
                f"  {scenario.description}\n  files: {scenario.folder}/{scenario.name}.py, {scenario.name}.toml"
            )
        out("")


def _as_document(s: Scenario) -> dict[str, Any]:
    return {
        "name": s.name, "title": s.title, "hypothesis": s.hypothesis, "mix": dict(s.mix), "users": s.users,
        "think_s": s.think_s, "warmup_s": s.warmup_s, "duration_s": s.duration_s, "data": s.data,
        "sweep": s.sweep, "needs": list(s.needs), "folder": s.folder,
    }  # fmt: skip


def seconds(flag: str, word: str, *, low: float = 1, high: float = 86_400) -> float:
    """Return the seconds in `45`, `45s`, `2m` or `1h`.

    Raises:
        BadInput: not a time, or out of range.
    """
    unit = {"s": 1, "m": 60, "h": 3600}.get(word[-1:])
    number = word[:-1] if unit else word
    try:
        value = float(number) * (unit or 1)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise BadInput(f"{flag}: must be a time from {low:g}s to {high:g}s, like 45s or 2m; got {word!r}")
    return value


def _load(scenario: Scenario, users: int | None, duration: str | None, seed: str) -> Load:
    from lab.workflows.measure import Load

    return Load(
        users=users or scenario.users,
        think_s=None,
        ramp_s=RAMP_S,
        warmup_s=scenario.warmup_s,
        duration_s=seconds("--duration", duration) if duration else scenario.duration_s,
        seed=whole("--seed", seed, 0, 2**32 - 1),
    )


def bench(
    scenario: _SCENARIO,
    users: Annotated[str | None, typer.Option("-u", "--users", metavar="N", help="Closed users.")] = None,
    duration: _DURATION = None,
    repeat: Annotated[str, typer.Option("--repeat", metavar="K", help="Windows to measure.")] = "1",
    save_as: _SAVE_AS = None,
    seed: _SEED = str(DEFAULT_SEED),
) -> None:
    """Measure one point of the running lab: throughput, percentiles, what each tier used, what binds."""
    from lab.cli.measuring import finish, progress_bar
    from lab.cli.wiring import context
    from lab.workflows.bench import plan_bench, run_bench
    from lab.workflows.exclusive import exclusively

    ctx = context()
    chosen = ctx.scenarios.load(scenario)
    count = whole("--users", users, 1, MAX_USERS) if users is not None else None
    load = _load(chosen, count, duration, seed)
    times = whole("--repeat", repeat, 1, 100)
    with exclusively(ctx, "bench"):
        plan = plan_bench(ctx, chosen, load, repeat=times, name=save_as)
        ctx.reporter.info(
            f"{chosen.name}: {chosen.title}; {plan.load.users} users, about {plan.expected_s:.0f} s"
        )
        with progress_bar(chosen.name) as on_progress:
            run, folder = run_bench(ctx, plan, on_progress=on_progress)
    finish(run, folder)


@with_topology_options
def sweep(
    given: dict[str, Any],
    scenario: _SCENARIO,
    users: Annotated[
        str | None, typer.Option("-u", "--users", metavar="N|RANGE", help="Closed users.")
    ] = None,
    blocks: Annotated[str, typer.Option("--blocks", metavar="B", help="Times each point is measured.")] = "3",
    duration: _DURATION = None,
    save_as: _SAVE_AS = None,
    seed: _SEED = str(DEFAULT_SEED),
    yes: Annotated[bool, typer.Option("--yes", help="Restore changed data without asking.")] = False,
) -> None:
    """Measure a scenario over a range of one option, and draw the curve.

    Ranges: 1..8, 1..64:8 (steps of 8), 1,2,4, single..full.

    Examples: lab sweep read-heavy --replicas 1,2,4 · lab sweep read-heavy --stage single..full
    """
    from lab.cli.sweeping import run_and_show, sweep_points, sweep_values
    from lab.cli.wiring import context
    from lab.model.images import images_for
    from lab.workflows.exclusive import exclusively
    from lab.workflows.images import ensure_images
    from lab.workflows.sweep_plan import plan_sweep

    ctx = context()
    chosen = ctx.scenarios.load(scenario)
    options, where = given_options(given)
    times = whole("--blocks", blocks, 1, 50)
    factor, values = sweep_values(options, users)
    count = whole("--users", users, 1, MAX_USERS) if users is not None and factor != "users" else None
    load = _load(chosen, count, duration, seed)
    with exclusively(ctx, "sweep"):
        topologies = sweep_points(ctx, options, where, factor, values)
        ensure_images({name for topology in topologies.values() for name in images_for(topology)}, ctx)
        plan = plan_sweep(ctx, chosen, load, factor=factor, topologies=topologies, blocks=times, name=save_as)
        run_and_show(ctx, plan, yes=yes)
