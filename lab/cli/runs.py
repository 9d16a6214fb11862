"""`lab runs`: the list of kept runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from lab.cli.console import err, is_unicode, out_json, out_text, width
from lab.cli.state import GLOBALS
from lab.errors import BadInput
from lab.model.run import Run, from_document

if TYPE_CHECKING:
    from lab.model.journal import Journal

_WIDE: Final = 120  # columns from which the list of runs is a table


def _age_s(created_at: str, now_s: float) -> float | None:
    try:
        return now_s - datetime.fromisoformat(created_at).timestamp()
    except ValueError:
        return None


def _entry(run: Run, now_s: float) -> dict[str, Any]:
    from lab.report.axis import plottable
    from lab.report.facts import counts, scenario_name

    valid, total = counts(run)
    best = max((p.throughput.mean for p in plottable(run) if p.throughput), default=None)
    return {
        "id": run.id, "name": run.name, "kind": run.kind, "scenario": scenario_name(run), "factor": run.factor or None,
        "points": len(run.points), "throughput_rps": best, "valid": run.is_valid, "valid_measurements": valid,
        "measurements": total, "created_at": run.created_at, "age_s": _age_s(run.created_at, now_s),
    }  # fmt: skip


def _readable(documents: Mapping[str, Mapping[str, Any]]) -> tuple[list[Run], list[str]]:
    """Return the runs that this version reads, and why it does not read the others."""
    found, skipped = [], []
    for name, document in documents.items():
        try:
            found.append(from_document(document, name=name))
        except BadInput as error:
            skipped.append(error.message)
    return found, skipped


def _unfinished_entry(journal: Journal) -> dict[str, Any]:
    return {
        "id": journal.run_id, "scenario": journal.plan.get("scenario"), "lab": journal.fixed.get("lab"),
        "windows": len(journal.done), "resume": f"{journal.fixed.get('command')} --resume",
    }  # fmt: skip


def _unfinished_line(journal: Journal) -> str:
    entry = _unfinished_entry(journal)
    return f"unfinished: {journal.run_id}, {entry['windows']} windows; go on with: {entry['resume']}"


def runs() -> None:
    """List the kept runs, newest last."""
    from lab.cli.wiring import context
    from lab.workflows.resume import unfinished

    ctx = context()
    documents, broken = ctx.results.sorted_out()
    found, other = _readable(documents)
    skipped = [*broken, *other]
    now_s = ctx.clock.now_s()
    for message in skipped:
        err(f"skipped {message}")
    entries = [_entry(run, now_s) for run in found]
    journals, torn = unfinished(ctx)
    skipped += torn
    if GLOBALS.as_json:
        out_json(
            {
                "schema": "lab.runs/1",
                "folder": str(ctx.results.root()),
                "runs": entries,
                "skipped": skipped,
                "unfinished": [_unfinished_entry(journal) for journal in journals],
            }
        )
        return
    for journal in journals:
        err(_unfinished_line(journal))
    if not found:
        out_text(f"no runs in {ctx.results.root()}; make one with: lab bench read-heavy")
        return
    out_text("\n".join(_wide_lines(found, entries) if width() >= _WIDE else _narrow_lines(found, entries)))


def _cells(run: Run, entry: Mapping[str, Any]) -> tuple[str, ...]:
    from lab.report.bars import plain_ascii
    from lab.report.listing import age, throughput_cell

    cells = (
        run.id,
        run.name or "",
        f"{run.kind} {run.factor}".strip(),
        entry["scenario"],
        str(len(run.points)),
        throughput_cell(run),
        "VALID" if run.is_valid else f"INVALID ({entry['valid_measurements']}/{entry['measurements']})",
        age(entry["age_s"]) if entry["age_s"] is not None else "?",
    )
    return cells if is_unicode() else tuple(plain_ascii(cell) for cell in cells)


def _wide_lines(found: Sequence[Run], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    rows: list[tuple[str, ...]] = [("id", "name", "kind", "scenario", "points", "throughput", "valid", "age")]
    rows += [_cells(run, entry) for run, entry in zip(found, entries, strict=True)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _narrow_lines(found: Sequence[Run], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the id on a line of its own, to be copied whole, and the rest below it."""
    from textwrap import wrap

    lines = []
    for run, entry in zip(found, entries, strict=True):
        id_, name, kind, scenario, points, *rest = _cells(run, entry)
        counted = f"{points} point{'' if points == '1' else 's'}"
        words = ", ".join(
            word for word in (name, kind, scenario, counted, *rest[:-1], f"{rest[-1]} old") if word
        )
        lines += [id_, *wrap(words, width(), initial_indent="  ", subsequent_indent="  ")]
    return lines
