"""The small parts of HTML that every section uses. Everything given as text is escaped here, once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from lab.report.numbers import unbroken

Row = Sequence[str]
_ONE_LINE: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot: Plotly data with colours as tokens (`@web`), which the page's script fills in.

    Attributes:
        variants: pairs of (label, figure); more than one gives the reader a choice.
        describe: one sentence that says what is to be seen, for those who cannot see it.
    """

    id: str
    variants: Sequence[tuple[str, Mapping[str, Any]]]
    describe: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One idea: a heading, HTML, and the plots that the HTML has places for."""

    slug: str
    title: str
    html: str
    plots: Sequence[Plot] = ()


def text(value: object) -> str:
    """Return text safe inside HTML and inside a quoted attribute, numbers kept with their units."""
    return escape(unbroken(str(value)), quote=True)


def paragraph(value: object, css: str = "") -> str:
    """Return a paragraph."""
    name = f' class="{css}"' if css else ""
    return f"<p{name}>{text(value)}</p>\n"


def script_json(data: object) -> str:
    """Return JSON that cannot end its script element: no `<`, `>` or `&` is left in it.

    Source: HTML standard, restrictions for contents of script elements.
    """
    raw = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, code in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        raw = raw.replace(char, code)
    return raw


def table(
    caption: str, header: Row, rows: Sequence[Row], *, id_: str = "", row_css: Sequence[str] = ()
) -> str:
    """Return a table with a caption, column headers and row headers; it scrolls by keyboard when it is too wide."""
    head = "".join(f'<th scope="col">{text(cell)}</th>' for cell in header)
    body = []
    for i, row in enumerate(rows):
        first, *rest = row
        css = f' class="{row_css[i]}"' if i < len(row_css) and row_css[i] else ""
        cells = "".join(f"<td{_keep(cell)}>{text(cell)}</td>" for cell in rest)
        body.append(f'<tr{css}><th scope="row"{_keep(first)}>{text(first)}</th>{cells}</tr>')
    name = f' id="{id_}"' if id_ else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table{name}>'
        f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>{''.join(body)}</tbody></table></div>\n"
    )


def _keep(cell: str) -> str:
    """Return the class that keeps a short cell on one line."""
    return ' class="one"' if len(cell) <= _ONE_LINE else ""


def details(summary: str, inner: str, *, is_open: bool = False) -> str:
    """Return a part that opens on demand, and by itself on paper."""
    return f"<details{' open' if is_open else ''}><summary>{text(summary)}</summary>\n{inner}</details>\n"


def figure(plot: Plot, caption: str) -> str:
    """Return a plot's place: a choice when it has variants, the picture with a description, a caption."""
    choice = ""
    if len(plot.variants) > 1:
        options = "".join(
            f'<option value="{i}">{text(label)}</option>' for i, (label, _) in enumerate(plot.variants)
        )
        choice = f'<p class="choice"><label>Measurement: <select data-plot="{plot.id}">{options}</select></label></p>\n'
    return (
        f'{choice}<figure><div class="plot" id="{plot.id}" role="img" aria-label="{text(plot.describe)}"></div>'
        f"<figcaption>{text(caption)}</figcaption></figure>\n"
    )
