"""Tables as CSV, safe to be opened by a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Final

from lab.report.tables import Cell, Table

# A spreadsheet takes a cell that begins so as a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: Table) -> str:
    """Return a table as CSV: a header, UTF-8, `true`/`false`, an empty cell for what is not known.

    Text that a spreadsheet would take as a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(
        out, lineterminator="\r\n"
    )  # RFC 4180; with it alone a lonely CR in a cell is quoted, too
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_cell(row[name]) for name in table.columns])
    return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    return repr(value)
