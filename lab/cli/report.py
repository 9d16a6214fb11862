"""`lab report`, and what a finished bench or sweep shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from lab.cli.console import is_terminal, is_unicode, out, out_json, out_text, width
from lab.cli.state import GLOBALS
from lab.errors import BadInput, MachineNotReady
from lab.model.run import Run, from_document

_SUFFIXES: Final = (".html", ".htm")


def _tier_table(run: Run) -> object:
    from rich.table import Table

    from lab.report.axis import plottable
    from lab.report.bars import plain_ascii
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
