"""`lab doctor`: is this machine ready, what to do if not, and doing it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lab.cli.console import console, err, out, out_json
from lab.cli.state import GLOBALS
from lab.errors import BadInput, Interrupted
from lab.model.doctor import Check
from lab.model.install import PlannedFile

if TYPE_CHECKING:
    from lab.workflows.context import Context
    from lab.workflows.doctor import Diagnosis

_MARKS: Final = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[bold red]fail[/]"}


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="As root: install and start the engine, after showing how.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Remove the files that --fix wrote.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before each step of --fix.")] = False,
) -> None:
    """Check the machine (engine, cores, memory, disk, clock, noise) and say what to do."""
    if fix and undo:
        raise BadInput("--fix and --undo contradict each other.", hint="give one of them")
    if undo:
        _undo()
        return
    from lab.cli.wiring import context
    from lab.model.diagnosis import as_document
    from lab.workflows.doctor import diagnose

    ctx = context()
    diagnosis = diagnose(ctx)
    if fix:
        diagnosis = _fix(ctx, diagnosis, yes=yes)
    if GLOBALS.as_json:
        out_json(as_document(diagnosis.facts, diagnosis.checks))
    else:
        _show(diagnosis.checks)
        _suggest(diagnosis)
    if not diagnosis.is_ready:
        raise typer.Exit(3)


def _fix(ctx: Context, diagnosis: Diagnosis, *, yes: bool) -> Diagnosis:
    """Do what can be done. Twice, if need be: some needs are seen only once an engine answers."""
    from lab.workflows.doctor import apply_fix, diagnose, plan_fix

    for _ in range(2):
        plan = plan_fix(ctx, diagnosis)
        if plan.is_empty:
            break
        apply_fix(ctx, plan, _confirm(yes=yes))
        diagnosis = diagnose(ctx)
    return diagnosis


def _show(checks: list[Check]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        todo = f"\n[bold]→[/] {_plain(check.todo)}" if check.todo else ""
        table.add_row(check.name, _MARKS[check.status], _plain(check.found) + todo)
    out(table)
    failed = [check.name for check in checks if check.status == "fail"]
    out(f"[bold red]not ready:[/] {', '.join(failed)}" if failed else "[green]ready[/]  next: lab up")


def _suggest(diagnosis: Diagnosis) -> None:
    from lab.model.diagnosis import suggestion

    plan = suggestion(diagnosis.facts)
    if plan is not None:
        out(f"suggested: [bold]{plan.up}[/]   then: [bold]{plan.sweep}[/]")
        out(f"[dim]{plan.sentence}[/]")


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _confirm(*, yes: bool) -> Callable[[PlannedFile | tuple[str, ...]], None]:
    """Return what shows a step before it happens and, without --yes, asks."""

    def show(step: PlannedFile | tuple[str, ...]) -> None:
        if isinstance(step, PlannedFile):
            err(f"writes {step.path}:\n" + "".join(f"  {line}\n" for line in step.content.splitlines()))
        else:
            err(f"runs: {' '.join(step)}")
        if yes:
            return
        if not (sys.stdin.isatty() and console(stderr=True).is_terminal):
            raise BadInput("Nobody is there to ask: this is no terminal.", hint="lab doctor --fix --yes")
        if not typer.confirm("Do this?", default=True, err=True):
            raise Interrupted(
                "Declined; nothing more was changed.", hint="lab doctor --undo takes back what was written"
            )

    return show


def _undo() -> None:
    from lab.cli.wiring import context
    from lab.workflows.doctor import undo

    done = undo(context())
    if GLOBALS.as_json:
        document = {
            "removed": list(done.removed),
            "left": list(done.changed),
            "packages": list(done.packages),
        }
        out_json({"schema": "lab.doctor-undo/1", **document})
        return
    for path in done.removed:
        out(f"removed {path}")
    for path in done.changed:
        out(f"left {path}: somebody has changed it since; remove it by hand")
    if done.packages:
        out(
            "The packages stay, as other programs may use them. This removes them: [bold]apt-get remove[/] "
            + " ".join(done.packages)
        )
    if not (done.removed or done.changed or done.packages):
        out("nothing to undo: lab doctor --fix has written nothing on this machine")
