"""Find what an interrupted sweep has measured, check that this command may go on with it, and do so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.errors import BadInput
from lab.model.journal import Done, Journal, parse_journal, plan_differences
from lab.model.topology import Topology, resolve
from lab.workflows.context import Context
from lab.workflows.journal import Writer, images_record, machine_record
from lab.workflows.sweep_plan import SweepPlan


def unfinished(ctx: Context) -> tuple[list[Journal], list[str]]:
    """Return every journal that can be read, oldest first, and why the others cannot."""
    journals, broken = [], []
    for run_id, text in ctx.journals.texts().items():
        try:
            journals.append(parse_journal(text, name=str(ctx.journals.path(run_id) / "journal.jsonl")))
        except BadInput as error:
            broken.append(error.message)
    return journals, broken


def of_this_lab(ctx: Context, scenario: str) -> list[Journal]:
    """Return the unfinished sweeps of this lab and scenario, oldest first.

    Raises:
        BadInput: there is none that can be read, but one that cannot.
    """
    journals, broken = unfinished(ctx)
    found = [j for j in journals if j.fixed.get("lab") == ctx.lab and j.plan.get("scenario") == scenario]
    if broken and not found:
        raise BadInput("\n".join(broken), hint="remove its folder to forget it, then run without --resume")
    return found


def choose(ctx: Context, asked: Mapping[str, Any]) -> Journal:
    """Return the newest unfinished sweep that asked for the same.

    Raises:
        BadInput: there is none; naming everything in which the newest one differs.
    """
    found = of_this_lab(ctx, str(asked["scenario"]))
    if not found:
        raise BadInput(
            f'--resume: there is no unfinished sweep of {asked["scenario"]} in lab "{ctx.lab}"',
            hint="the same command without --resume begins one; lab runs lists what is unfinished",
        )
    same = [journal for journal in found if not plan_differences(asked, journal.plan)]
    if same:
        return same[-1]
    newest = found[-1]
    raise BadInput(
        "--resume: this is another sweep\n" + "\n".join(plan_differences(asked, newest.plan)),
        hint=f"{newest.fixed.get('command') or 'give the same options'} --resume",
    )


def topologies_of(journal: Journal, labels: Sequence[str]) -> dict[str, Topology]:
    """Return the topologies that the sweep began with, by label; the lab that runs now may be another.

    Raises:
        BadInput: one is missing or impossible in this version.
    """
    kept = journal.fixed.get("topologies")
    table = kept if isinstance(kept, Mapping) else {}
    missing = [label for label in labels if label not in table]
    if missing:
        raise BadInput(f"--resume: the journal has no topology of {', '.join(missing)}")
    return {label: _topology(table[label]) for label in labels}


def _topology(options: Mapping[str, Any]) -> Topology:
    return resolve({key.replace("-", "_"): value for key, value in options.items()})


def resumed(ctx: Context, plan: SweepPlan, journal: Journal) -> tuple[SweepPlan, Writer]:
    """Return the plan and the writer that go on where a journal ends.

    Raises:
        BadInput: images or the machine are others than before, so that the windows do not belong together.
    """
    _require_same(ctx, plan, journal)
    before = journal.fixed.get("before")
    plan = replace(
        plan,
        before=_topology(before) if isinstance(before, Mapping) else None,
        restore=bool(journal.fixed.get("restore", True)),
    )
    ctx.journals.shorten(journal.run_id, journal.good_bytes)
    writer = Writer(
        ctx=ctx,
        plan=plan,
        run_id=journal.run_id,
        sessions=list(journal.sessions),
        done=_remade(journal.done),
    )
    return plan, writer


def _require_same(ctx: Context, plan: SweepPlan, journal: Journal) -> None:
    mine, kept = images_record(ctx, plan), journal.fixed.get("images") or {}
    changed = [name for name in dict.fromkeys([*kept, *mine]) if mine.get(name) != kept.get(name)]
    reasons = [f"image {name} is another than before" for name in changed]
    if journal.sessions:
        before, now = journal.sessions[-1].machine, machine_record(ctx)
        reasons += [
            f"{key}: was {before.get(key)}, is {now[key]}"
            for key in ("cores", "architecture")
            if key in before and before[key] != now[key]
        ]
    if reasons:
        raise BadInput(
            "--resume: the windows would not belong together\n" + "\n".join(reasons),
            hint=f"begin again without --resume; forget the old one: rm -r {ctx.journals.path(journal.run_id)}",
        )


def _remade(done: Sequence[Done]) -> list[Done]:
    """Mark what was measured again, or is going to be: of each visit only its last window counts, if it is VALID."""
    last = {(each.block, each.label): i for i, each in enumerate(done)}
    return [
        each
        if i == last[each.block, each.label] and each.measurement.is_valid
        else replace(each, measurement=replace(each.measurement, repeated=True))
        for i, each in enumerate(done)
    ]
