"""`lab explain`: what binds at each point of a kept run, with the evidence; and a test of it by intervention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console import is_unicode, out_json, out_text
from lab.cli.state import GLOBALS
from lab.errors import RunInvalid

if TYPE_CHECKING:
    from lab.model.run import Run
    from lab.workflows.context import Context


def explain(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]", help="Id, unique prefix, saved name or last; RUN:POINT for one point."
        ),
    ] = "last",
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Raise the suspect's CPU quota, measure again, in turns with the original."
        ),
    ] = False,
    pairs: Annotated[
        str, typer.Option("--pairs", metavar="K", help="With --verify: pairs of windows, 3 to 20.")
    ] = "3",
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="20s", help="With --verify: length of each window.")
    ] = None,
) -> None:
    """Say what binds at each point of a run, with the evidence; --verify tests it by intervention.

    Without --verify it needs no engine. With it the lab that the run was made on must be running: the suspect's CPU
    quota is raised by half, then another tier's as a control, and the same load is measured in turns. The quotas are put
    back in any case. The result is a run of its own.

    Examples: lab explain · lab explain last:4 · lab explain last --verify
    """  # fmt: skip
    from lab.cli.explain_text import explain_lines
    from lab.cli.options import whole
    from lab.cli.wiring import context
    from lab.model.explained import explain_document, explain_run

    ctx = context()
    count = whole("--pairs", pairs, 3, 20)
    kept = _kept(ctx, run)
    if verify:
        _verify(ctx, kept, count, duration)
        return
    found = explain_run(kept)
    if GLOBALS.as_json:
        out_json(dict(explain_document(kept, found)))
        return
    out_text("\n".join(explain_lines(kept, found, is_ascii=not is_unicode())))


def _kept(ctx: Context, reference: str) -> Run:
    from dataclasses import replace

    from lab.errors import BadInput
    from lab.model.run import from_document

    name, _, label = reference.partition(":")
    kept = from_document(ctx.results.load(name), name=name)
    if not label:
        return kept
    points = [point for point in kept.points if point.label == label]
    if not points:
        known = ", ".join(point.label for point in kept.points)
        raise BadInput(f"RUN: {name} has no point {label!r}; it has: {known}")
    return replace(kept, points=tuple(points))


def _verify(ctx: Context, kept: Run, pairs: int, duration: str | None) -> None:
    from lab.cli.bench import seconds
    from lab.cli.explain_text import verify_lines
    from lab.cli.measuring import progress_bar
    from lab.model.run import to_document
    from lab.workflows.exclusive import exclusively
    from lab.workflows.explain import run_verify
    from lab.workflows.verify_plan import plan_verify

    window_s = seconds("--duration", duration) if duration else None
    with exclusively(ctx, "explain"):
        plan = plan_verify(ctx, kept, pairs=pairs, duration_s=window_s)
        for line in plan.words:
            ctx.reporter.info(line)
        with progress_bar("verify") as on_progress:
            run, folder = run_verify(ctx, plan, on_progress=on_progress)
    if GLOBALS.as_json:
        out_json({**to_document(run), "folder": str(folder)})
    else:
        out_text("\n".join(verify_lines(run, folder, is_ascii=not is_unicode())))
    if not run.is_valid:
        reasons = sorted({problem for p in run.points for m in p.measurements for problem in m.problems})
        raise RunInvalid("INVALID\n" + "\n".join(reasons), hint=f"the data is kept in {folder}")
