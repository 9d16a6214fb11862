"""`lab runs` and `lab report`, and what a finished bench or sweep shows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lab.cli.console import err, is_terminal, is_unicode, out, out_json, out_text, width
from lab.cli.state import GLOBALS
from lab.errors import BadInput, MachineNotReady
from lab.model.run import Run, from_document

_WIDE: Final = 120  # columns from which the list of runs is a table
_SUFFIXES: Final = (".html", ".htm")


def _tier_table(run: Run) -> object:
    from rich.table import Table

    from lab.report.bars import plain_ascii
    from lab.report.facts import plottable
    from lab.report.text import TIER_HEADER, tier_rows

    shown = plottable(run) or list(run.points)
    point = shown[-1]
    table = Table(box=None, pad_edge=False, title_justify="left", title_style="bold", padding=(0, 1))
    table.title = f"tiers at {point.label}" if len(run.points) > 1 else None
    for title in TIER_HEADER:
        table.add_column(
            title,
            overflow="fold",
            justify="right" if title in {"n", "CPU of quota", "throttled", "memory"} else "left",
        )
    for row in tier_rows(point.valid or list(point.measurements)):
        table.add_row(*(cell if is_unicode() else plain_ascii(cell) for cell in row))
    return table


def _shown(path: Path) -> str:
    """Return a path as short as it can be said from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def show_run(run: Run, folder: Path) -> None:
    """Print a finished run: the curve of a sweep, the per-tier table, the lines that people quote."""
    from lab.report.text import bench_lines, curve_lines

    columns = width()
    if run.points:
        if run.factor:
            out_text("\n".join(curve_lines(run, columns, is_ascii=not is_unicode())) + "\n")
        out(_tier_table(run))
        out_text("")
    path = folder / "report.html"
    report_path = _shown(path) if path.exists() else ""
    out_text(
        "\n".join(
            bench_lines(run, report_path, width=columns if is_terminal() else 0, is_ascii=not is_unicode())
        )
    )


def _age_s(created_at: str, now_s: float) -> float | None:
    try:
        return now_s - datetime.fromisoformat(created_at).timestamp()
    except ValueError:
        return None


def _entry(run: Run, now_s: float) -> dict[str, Any]:
    from lab.report.facts import counts, plottable, scenario_name

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


def runs() -> None:
    """List the kept runs, newest last."""
    from lab.cli.wiring import context

    ctx = context()
    documents, broken = ctx.results.sorted_out()
    found, other = _readable(documents)
    skipped = [*broken, *other]
    now_s = ctx.clock.now_s()
    for message in skipped:
        err(f"skipped {message}")
    entries = [_entry(run, now_s) for run in found]
    if GLOBALS.as_json:
        out_json(
            {"schema": "lab.runs/1", "folder": str(ctx.results.root()), "runs": entries, "skipped": skipped}
        )
        return
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


def check_out(out_path: Path) -> None:
    """Check that a report may be written there.

    Raises:
        BadInput: a folder, another kind of file, or no folder to put it in.
    """
    if out_path.is_dir():
        raise BadInput(f"--out: {out_path}: is a folder", hint=f"--out {out_path / 'report.html'}")
    if out_path.suffix.lower() not in _SUFFIXES:
        raise BadInput(f"--out: {out_path}: must end in .html, so that nothing else is overwritten")
    if not out_path.parent.is_dir():
        raise BadInput(
            f"--out: {out_path}: there is no folder {out_path.parent}", hint=f"mkdir -p {out_path.parent}"
        )


def write_report(path: Path, text: str) -> None:
    """Write a report at once or not at all.

    Raises:
        MachineNotReady: the disk says no.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise MachineNotReady(
            f"{path}: cannot write the report: {error.strerror or error}",
            hint="free some space, or give another --out FILE.html",
        ) from error


def _default_path(root: Path, chosen: Sequence[Run]) -> Path:
    return root / "runs" / chosen[0].id / "report.html" if len(chosen) == 1 else root / "report.html"


def report(
    run: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Id, unique prefix, saved name or last.")
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE.html", help="Where to write; default: report.html beside the run."
        ),
    ] = None,
) -> None:
    """Write one self-contained HTML page about one or several runs; it needs no network to be read."""
    from lab.cli.wiring import context
    from lab.report.html import report_html

    if out_file is not None:
        check_out(out_file)
    ctx = context()
    chosen = [
        from_document(ctx.results.load(reference), name=f"RUN {reference}") for reference in run or ["last"]
    ]
    path = out_file or _default_path(ctx.results.root(), chosen)
    if not path.parent.is_dir():
        raise BadInput(f"RUN: {path.parent}: there is no such folder", hint="give --out FILE.html")
    text = report_html(chosen)
    write_report(path, text)
    if GLOBALS.as_json:
        out_json(
            {
                "schema": "lab.report/1",
                "runs": [each.id for each in chosen],
                "file": str(path),
                "bytes": len(text.encode()),
            }
        )
        return
    out_text(_shown(path))
