"""`lab sweep`: the same scenario over the values of one option or two."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

import typer

from lab.cli.bench import DEFAULT_SEED, DURATION, SAVE_AS, SCENARIO, SEED, load_from, seconds
from lab.cli.options import MAX_USERS, given_options, whole, with_topology_options

MAX_BLOCKS: Final = 50
_BLOCKS: Final = "Times each point is measured; with --precision, before it is looked at; default 3."
_PRECISION: Final = "Add blocks until the half-width of every point is below this, like 3% or 0.03."


@with_topology_options
def sweep(  # noqa: PLR0917 - Typer calls it by name
    given: dict[str, Any],
    scenario: SCENARIO,
    users: Annotated[
        str | None, typer.Option("-u", "--users", metavar="N|RANGE", help="Closed users.")
    ] = None,
    blocks: Annotated[str | None, typer.Option("--blocks", metavar="B", help=_BLOCKS)] = None,
    precision: Annotated[str | None, typer.Option("--precision", metavar="3%", help=_PRECISION)] = None,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="20m", help="Begin no block that would end later.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the same sweep after an interruption.")
    ] = False,
    duration: DURATION = None,
    save_as: SAVE_AS = None,
    seed: SEED = str(DEFAULT_SEED),
    yes: Annotated[bool, typer.Option("--yes", help="Restore changed data without asking.")] = False,
) -> None:
    """Measure a scenario over a range of one option, and draw the curve.

    Two options with ranges make a grid. Ranges: 1..8, 1..64:8 (steps of 8), 1,2,4, single..full.

    Examples: lab sweep read-heavy --replicas 1,2,4 · lab sweep read-heavy --replicas 1,2,4 --cache off,aside ·
    lab sweep read-heavy --stage single..full --precision 3% --max-time 30m
    """
    from lab.cli.sweep_points import asked_words, sweep_points, sweep_values
    from lab.cli.sweeping import command_line, run_and_show, tell_of_unfinished
    from lab.cli.wiring import context
    from lab.model.images import images_for
    from lab.model.precision import PILOT_BLOCKS, parse_precision
    from lab.model.sweep import label_of
    from lab.workflows.exclusive import exclusively
    from lab.workflows.images import ensure_images
    from lab.workflows.resume import choose, topologies_of
    from lab.workflows.sweep_plan import plan_sweep

    ctx = context()
    chosen = ctx.scenarios.load(scenario)
    options, where = given_options(given)
    share = parse_precision(precision) if precision else None
    times = whole("--blocks", blocks or str(PILOT_BLOCKS), 2 if share else 1, MAX_BLOCKS)
    limit_s = seconds("--max-time", max_time, low=10) if max_time else None
    first, second, values = sweep_values(options, users)
    count = (
        whole("--users", users, 1, MAX_USERS)
        if users is not None and "users" not in {first, second}
        else None
    )
    load = load_from(chosen, count, duration, seed)
    asked = asked_words(chosen, options, users, load, blocks=times, precision=share, save_as=save_as)
    with exclusively(ctx, "sweep"):
        journal = choose(ctx, asked) if resume else None
        if journal is None:
            tell_of_unfinished(ctx, chosen.name)
            topologies = sweep_points(ctx, options, where, (first, second), values)
        else:
            labels = {label_of(value, second): value for value in values}
            topologies = {
                labels[label]: found for label, found in topologies_of(journal, list(labels)).items()
            }
        ensure_images({name for topology in topologies.values() for name in images_for(topology)}, ctx)
        plan = plan_sweep(
            ctx, chosen, load, factor=first, second_factor=second, topologies=topologies, blocks=times, name=save_as,
            precision=share, max_time_s=limit_s,
        )  # fmt: skip
        plan = replace(plan, asked=asked, command=command_line())
        run_and_show(ctx, plan, yes=yes, journal=journal)
