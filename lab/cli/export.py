"""`lab export`: a run as CSV files, pictures and, with the extra, Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from lab.cli.console import err, out_json, out_text
from lab.cli.state import GLOBALS
from lab.model.run import Run

EXPECTED_S: Final = 3.0


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id, unique prefix, saved name or last.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that is new, empty, or an older export.")
    ],
) -> None:
    """Write a run as CSV files and pictures, for spreadsheets, notebooks and slides.

    Examples: lab export last figures
    """
    from lab.cli.wiring import context, export_folder
    from lab.model.run import from_document
    from lab.report.parquet import HOW_TO_GET, is_available

    where = export_folder()
    where.check_folder(folder)
    ctx = context()
    chosen = from_document(ctx.results.load(run), name=f"RUN {run}")
    with ctx.reporter.step(f"tables and pictures of {chosen.id}", expected_s=EXPECTED_S):
        files = files_of(chosen, with_parquet=is_available())
        where.write_folder(folder, files, {"run": chosen.id})
    if GLOBALS.as_json:
        sizes = {name: len(content) for name, content in sorted(files.items())}
        out_json({"schema": "lab.export/1", "run": chosen.id, "folder": str(folder), "files": sizes})
        return
    out_text("\n".join(str(folder / name) for name in sorted(files)))
    if "curve.svg" not in files:
        err("no picture: no point has a valid measurement")
    if not is_available() and not GLOBALS.is_quiet:
        err(HOW_TO_GET)


def files_of(run: Run, *, with_parquet: bool) -> dict[str, bytes]:
    """Return every exported file by name."""
    from lab.model.run import to_document
    from lab.report.csv_text import csv_text
    from lab.report.parquet import parquet_bytes
    from lab.report.picture import curve_pictures
    from lab.report.tables import tables

    made = tables(run)
    files = {f"{name}.csv": csv_text(table).encode() for name, table in made.items()}
    if with_parquet:
        files |= {f"{name}.parquet": parquet_bytes(table) for name, table in made.items()}
    files |= {f"curve.{kind}": picture for kind, picture in curve_pictures(run).items()}
    files["run.json"] = json.dumps(to_document(run), indent=1).encode()
    return files
