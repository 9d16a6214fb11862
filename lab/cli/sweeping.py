"""From the words of `lab sweep` to its points, and its run on the screen."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lab.cli.console import out_text
from lab.cli.measuring import finish, progress_bar
from lab.cli.options import MAX_USERS
from lab.cli.state import GLOBALS
from lab.cli.sweep_words import block_words, plan_words, result_lines
from lab.cli.topology import confirm
from lab.errors import BadInput, LabError, Stopped
from lab.model.journal import Journal
from lab.model.precision import Reached
from lab.model.run import Measurement
from lab.model.scenario import Scenario
from lab.model.sweep import Visit, expand, grid, is_range, setting_of
from lab.model.topology import Topology, options_of, resolve
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.journal import Writer
from lab.workflows.measure import Load
from lab.workflows.record import scenario_record
from lab.workflows.resume import of_this_lab, resumed
from lab.workflows.sweep import new_writer, run_sweep
from lab.workflows.sweep_plan import SweepPlan


def sweep_values(options: Mapping[str, Any], users: str | None) -> tuple[str, str, list[Any]]:
    """Return (the factor, the second factor or "", the values), from the words alone; with two factors, pairs.

    Raises:
        BadInput: no range, more than two, or one that cannot be read.
    """
    ranged = [key for key, value in options.items() if isinstance(value, str) and _varies(key, value)]
    if users is not None and is_range(users):
        ranged.append("users")
    if not 1 <= len(ranged) <= 2:
        what = "no option has several values" if not ranged else f"several do: {', '.join(ranged)}"
        raise BadInput(
            f"a sweep varies one option or two; {what}",
            hint="for example --replicas 1,2,4, or --replicas 1,2,4 --cache off,aside",
        )
    found = {key: _values(key, users if key == "users" else str(options[key])) for key in ranged}
    if len(ranged) == 1:
        return ranged[0], "", found[ranged[0]]
    first, second = sorted(ranged, key=lambda key: isinstance(found[key][0], str))  # numbers on the axis
    return first, second, list(grid(found[first], found[second]))


def _values(key: str, words: str | None) -> list[Any]:
    values = list(expand(key, words or ""))
    if key == "users" and not all(isinstance(v, int) and 1 <= v <= MAX_USERS for v in values):
        raise BadInput(f"--users: must be whole numbers from 1 to {MAX_USERS}; got {words!r}")
    return values


def _varies(key: str, value: str) -> bool:
    return key not in {"port", "app"} and is_range(value)


def sweep_points(
    ctx: Context,
    options: Mapping[str, Any],
    where: Mapping[str, str],
    factors: tuple[str, str],
    values: Sequence[Any],
) -> dict[Any, Topology]:
    """Return the topology of each value; options that are not given come from the running one, else the default.

    Raises:
        BadInput: an impossible point.
    """
    fixed = {key: value for key, value in options.items() if key not in {"port", "app", *factors}}
    points = {}
    for value in values:
        setting = {k: v for k, v in setting_of(value, *factors).items() if k != "users"}
        points[value] = _start(ctx, {**fixed, **setting}, where)
    return points


def _start(ctx: Context, given: Mapping[str, Any], where: Mapping[str, str]) -> Topology:
    if "stage" in given:
        return resolve(given, source=where)
    lab = running_lab(ctx)
    running = lab.topology if lab else None
    if running is None:
        return resolve(given, source=where)
    options = {key.replace("-", "_"): value for key, value in options_of(running).items()}
    if given.get("replicas", 1) != 1 and options["balance"] == "none":
        raise BadInput(
            "--replicas: the running lab has no balancer (--balance none)",
            hint="add --stage balanced, or --balance leastconn",
        )
    return resolve({**options, **given}, source=where)


def asked_words(
    scenario: Scenario, options: Mapping[str, Any], users: str | None, load: Load, **others: object
) -> dict[str, Any]:
    """Return what a sweep is asked for, by the option's name: to be repeated when it is resumed."""
    return {
        "scenario": scenario.name,
        "scenario's files": scenario_record(scenario)["sha256"],
        **{key: value for key, value in options.items() if key not in {"port", "app"}},
        "users": users,
        "duration": load.duration_s,
        "seed": load.seed,
        **others,
    }


def command_line() -> str:
    """Return this command as it can be typed again, without --resume."""
    return shlex.join(["lab", *(word for word in sys.argv[1:] if word != "--resume")])


def tell_of_unfinished(ctx: Context, scenario: str) -> None:
    """Say that an unfinished sweep of this scenario is kept, how to go on with it and how to forget it."""
    try:
        found = of_this_lab(ctx, scenario)
    except BadInput as error:
        ctx.reporter.warn(f"an unfinished sweep cannot be read: {error.message}")
        return
    for journal in found[-1:]:
        folder = ctx.journals.path(journal.run_id)
        ctx.reporter.warn(
            f"an unfinished sweep of {scenario} is kept ({len(journal.done)} windows); this one begins anew."
            f" Go on with it: {journal.fixed.get('command')} --resume; forget it: rm -r {folder}"
        )


def run_and_show(ctx: Context, plan: SweepPlan, *, yes: bool, journal: Journal | None = None) -> None:
    """Say what is going to happen, ask if data would be lost, measure, print the curve."""
    say = ctx.reporter.info
    if journal is None:
        writer = new_writer(ctx, plan)
    else:
        plan, writer = resumed(ctx, plan, journal)
        say(f"going on with {writer.run_id}: {len(writer.done)} windows are there")
    say(plan_words(plan))
    if plan.is_data_changed:
        confirm(
            f'The data of lab "{ctx.lab}" was changed; the sweep puts it back to the original. Go on?',
            yes=yes,
        )
    with _resumable(writer), progress_bar(plan.scenario.name) as on_progress:
        run, folder = run_sweep(
            ctx,
            plan,
            on_progress=on_progress,
            on_visit=_on_visit(ctx, plan),
            on_block=lambda done, state: _say_block(ctx, plan, done, state),
            writer=writer,
        )
    lines = result_lines(run)
    if lines and not GLOBALS.as_json:
        out_text("\n".join(lines) + "\n")
    finish(run, folder)


@contextmanager
def _resumable(writer: Writer) -> Iterator[None]:
    """Put the command that goes on into what an interrupted sweep says."""
    try:
        yield
    except (Stopped, LabError) as error:
        said = error.error if isinstance(error, Stopped) else error
        if writer.is_kept:
            first = f"{said.hint}; then: " if said.hint else ""
            kept = f"{len(writer.done)} finished windows are kept"
            said.hint = f"{first}{kept}; go on with: {writer.plan.command} --resume"
        raise


def _say_block(ctx: Context, plan: SweepPlan, done: int, state: Reached | None) -> None:
    if state is not None:
        ctx.reporter.info(block_words(plan, done, state))


def _on_visit(ctx: Context, plan: SweepPlan) -> Callable[[int, Visit, Measurement | None], None]:
    count = len(plan.values) * plan.blocks
    factor = plan.factor.replace("_", "-")

    def on_visit(number: int, visit: Visit, measurement: Measurement | None) -> None:
        if measurement is None:
            of = f"{number}/{count}" if number <= count else f"{number}"
            again = ", again" if visit.attempt > 1 else ""
            ctx.reporter.info(f"[bold]{of}[/] {factor} {plan.label(visit.value)}, block {visit.block}{again}")
            return
        verdict = "VALID" if measurement.is_valid else f"INVALID: {'; '.join(measurement.problems)}"
        verdict += "; it is measured again at the end of its block" if measurement.repeated else ""
        ctx.reporter.info(
            f"     {measurement.throughput_rps:.1f} req/s · p95 {measurement.latency.p95_ms:.0f} ms ·"
            f" {measurement.failures} of {measurement.requests:,} failed · {verdict}"
        )

    return on_visit
