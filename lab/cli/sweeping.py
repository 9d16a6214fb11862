"""A sweep on the screen: what is said before, while and after it runs, and how it is taken up again."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lab.cli.confirm import confirm
from lab.cli.console import out_text
from lab.cli.measuring import finish, progress_bar
from lab.cli.state import GLOBALS
from lab.cli.sweep_words import block_words, plan_words, result_lines
from lab.errors import BadInput, LabError, Stopped
from lab.model.journal import Journal
from lab.model.measurement import Measurement
from lab.model.precision import Reached
from lab.model.sweep import Visit
from lab.workflows.context import Context
from lab.workflows.journal import Writer
from lab.workflows.resume import of_this_lab, resumed
from lab.workflows.sweep import new_writer, run_sweep
from lab.workflows.sweep_plan import SweepPlan


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
