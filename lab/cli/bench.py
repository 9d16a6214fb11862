"""`lab scenarios` and `lab bench`: measure one point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lab.cli.console import out, out_json, out_text
from lab.cli.options import MAX_USERS, whole
from lab.cli.state import GLOBALS
from lab.errors import BadInput

if TYPE_CHECKING:
    from lab.model.scenario import Scenario
    from lab.workflows.measure import Load

RAMP_S: Final = 2.0
DEFAULT_SEED: Final = 20260101
MIN_RATE_RPS: Final = 0.1
MAX_RATE_RPS: Final = 10_000.0
SCENARIO = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A name from `lab scenarios`, or a path to a .toml.")
]
DURATION = Annotated[
    str | None,
    typer.Option("--duration", metavar="60s", help="Measured time of each window; default: the scenario's."),
]
SAVE_AS = Annotated[str | None, typer.Option("--save-as", metavar="NAME", help="A name for the result.")]
SEED = Annotated[str, typer.Option("--seed", metavar="N", help="Fixes the order and every random choice.")]


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


def load_from(scenario: Scenario, users: int | None, duration: str | None, seed: str) -> Load:
    """Return the load that the options ask for; what is not given is the scenario's.

    Raises:
        BadInput: naming the option.
    """
    from lab.workflows.measure import Load

    return Load(
        users=users or scenario.users,
        think_s=None,
        ramp_s=RAMP_S,
        warmup_s=scenario.warmup_s,
        duration_s=seconds("--duration", duration) if duration else scenario.duration_s,
        seed=whole("--seed", seed, 0, 2**32 - 1),
    )


def _open_rate(word: str, users: str | None) -> float:
    if users is not None:
        raise BadInput(
            "--rate and --users: an open load has a rate, a closed one has users; give one of them"
        )
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not MIN_RATE_RPS <= value <= MAX_RATE_RPS:
        raise BadInput(
            f"--rate: must be actions a second, from {MIN_RATE_RPS:g} to {MAX_RATE_RPS:g}; got {word!r}"
        )
    return value


def _load_words(load: Load) -> str:
    if load.rate_rps is None:
        return f"{load.users} users"
    return f"an open load of {load.rate_rps:g} actions/s"


def bench(  # noqa: PLR0917 - Typer calls it by name
    scenario: SCENARIO,
    users: Annotated[str | None, typer.Option("-u", "--users", metavar="N", help="Closed users.")] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", metavar="R", help="An open load in place of users: actions started per second."
        ),
    ] = None,
    duration: DURATION = None,
    repeat: Annotated[
        str | None,
        typer.Option("--repeat", metavar="K", help="Windows to measure; default 1, with --aa 5 pairs."),
    ] = None,
    aa: Annotated[
        bool, typer.Option("--aa", help="Measure pairs of the same, to see this machine's noise floor.")
    ] = False,
    cold: Annotated[
        bool, typer.Option("--cold", help="Begin with an empty cache and no warm-up, to show the fill.")
    ] = False,
    save_as: SAVE_AS = None,
    seed: SEED = str(DEFAULT_SEED),
) -> None:
    """Measure one point of the running lab: throughput, percentiles, what each tier used, what binds."""
    from lab.cli.measuring import finish, progress_bar
    from lab.cli.wiring import context
    from lab.workflows.aa import PAIRS, run_aa
    from lab.workflows.bench import plan_bench, run_bench
    from lab.workflows.exclusive import exclusively

    ctx = context()
    chosen = ctx.scenarios.load(scenario)
    count = whole("--users", users, 1, MAX_USERS) if users is not None else None
    load = load_from(chosen, count, duration, seed)
    if rate is not None:
        load = replace(load, rate_rps=_open_rate(rate, users))
    if aa and cold:
        raise BadInput("--aa and --cold: a cache that fills has no equal pairs; give one of them")
    load = replace(load, warmup_s=0.0, is_cold=True) if cold else load
    times = whole("--repeat", repeat or (str(PAIRS) if aa else "1"), 3 if aa else 1, 100)
    with exclusively(ctx, "bench"):
        plan = plan_bench(ctx, chosen, load, repeat=times, name=save_as)
        what = f"{times} pairs of the same, " if aa else "empty cache, no warm-up, " if cold else ""
        expected_s = plan.expected_s * (2 if aa else 1)
        ctx.reporter.info(
            f"{chosen.name}: {chosen.title}; {_load_words(plan.load)}, {what}about {expected_s:.0f} s"
        )
        with progress_bar(chosen.name) as on_progress:
            run, folder = (run_aa if aa else run_bench)(ctx, plan, on_progress=on_progress)
    if (aa or cold) and not GLOBALS.as_json:
        from lab.cli.aa_words import aa_lines, fill_lines

        out_text("\n".join(aa_lines(run) if aa else fill_lines(run)) + "\n")
    finish(run, folder)
