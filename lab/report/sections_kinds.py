"""What only some kinds of run have: the search of a capacity run, the pairs of an A/A run, the intervention of a verify run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.model.run import Run
from lab.report.disclosure import flat
from lab.report.markup import Section, paragraph, table
from lab.report.procedure_words import label, value_words

_TITLES = {
    "aa": ("How far apart equal measurements are", "A/A: everything is the same, so each difference is this machine's noise. `lab compare` calls nothing below it a difference."),
    "capacity": ("How the rate was found", "Each row is one window at one rate: ramp until the objective breaks, bisect, confirm."),
    "verify": ("What the intervention did", "The suspect's share was raised and the same load repeated, in turns with the original: the only evidence that is causal."),
    "sweep": ("How it was measured", "What was asked for, what was reached, and why it ended."),
}  # fmt: skip


def procedure_section(run: Run, prefix: str) -> Section | None:
    """Return what the run kept of its procedure: single values, then each list as a table; None when it kept nothing."""
    if not run.procedure or run.kind not in _TITLES:
        return None
    title, note = _TITLES[run.kind]
    plain = [
        (label(key), value_words(key, value))
        for key, value in flat(run.procedure)
        if value not in ("", None, [0, 0]) and not _is_rows(value)
    ]
    html = paragraph(note.replace("`", ""), "quiet")
    html += table("Procedure", ("what", "value"), plain) if plain else ""
    for key, value in flat(run.procedure):
        if _is_rows(value):
            html += _rows_table(label(key), value)
    return Section(slug=f"{prefix}procedure", title=title, html=html)


def _is_rows(value: object) -> bool:
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _rows_table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = [tuple(value_words(key, row.get(key)) for key in keys) for row in rows]
    return table(title, tuple(map(label, keys)), cells)
