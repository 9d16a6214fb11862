"""`lab compare`: two runs, or two points of one, side by side; a cause is named only where the evidence allows it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lab.cli.console import is_terminal, is_unicode, out_json, out_text, width
from lab.cli.state import GLOBALS
from lab.errors import BadInput, NotComparable

if TYPE_CHECKING:
    from lab.model.compare import Comparison, Side
    from lab.model.run import Run
    from lab.workflows.context import Context

_REFERENCE: Final = "Id, unique prefix, saved name or last; with :POINT one point of a sweep, last:4."


def _side(ctx: Context, reference: str, name: str) -> Side:
    from lab.model.compare import side
    from lab.model.run import from_document

    run, _, label = reference.partition(":")
    return side(from_document(ctx.results.load(run), name=f"{name} {run}"), label, name=name)


def _a_a_runs(ctx: Context) -> list[Run]:
    from lab.model.noise import KIND
    from lab.model.run import from_document

    kept = []
    for name, document in ctx.results.sorted_out()[0].items():
        if document.get("kind") == KIND:
            with suppress(BadInput):  # a run of a newer lab
                kept.append(from_document(document, name=name))
    return kept


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=_REFERENCE)],
    b: Annotated[str, typer.Argument(metavar="B", help=_REFERENCE)],
    force: Annotated[
        bool, typer.Option("--force", help="Show the ratio although it cannot be a cause, labelled so.")
    ] = False,
) -> None:
    """Compare two runs: every difference, the ratio B/A with its interval, and a cause only if one thing changed.

    Examples: lab compare before after · lab compare last:2 last:4
    """
    from lab.cli.wiring import context
    from lab.model.compare import compare as compared
    from lab.model.compare import noise_from
    from lab.report.comparison import comparison_document, comparison_lines

    ctx = context()
    first, second = _side(ctx, a, "A"), _side(ctx, b, "B")
    found = compared(first, second, noise=noise_from(_a_a_runs(ctx), first.run))
    if GLOBALS.as_json:
        out_json(comparison_document(found, is_forced=force))
    else:
        columns = width() if is_terminal() else max(width(), 80)
        lines = comparison_lines(found, columns, is_forced=force, is_ascii=not is_unicode())
        out_text("\n".join(lines))
    if found.blockers and not force:
        raise NotComparable(_why(found), hint="--force shows the ratio, labelled as not causal")


def _why(found: Comparison) -> str:
    return "not comparable\n" + "\n".join(found.blockers)
