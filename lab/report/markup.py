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
_LONG: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot: Plotly data with colours as tokens (`@web`), which the page's script fills in.

    Attributes:
        variants: pairs of (label, figure); more than one gives the reader a choice.
        describe: one sentence that says what is to be seen, for those who cannot see it.
        choice: what the reader picks among variants.
    """

    id: str
    variants: Sequence[tuple[str, Mapping[str, Any]]]
    describe: str
    choice: str = "Measurement"


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


def filter_words(*, point: str = "", tier: str = "", is_valid: bool | None = None) -> str:
    """Return the attributes by which the page's filters find a row or a part."""
    valid = "" if is_valid is None else "valid" if is_valid else "invalid"
    named = (("point", point), ("tier", tier), ("valid", valid))
    return "".join(f' data-{key}="{text(value)}"' for key, value in named if value)


def table(
    caption: str,
    header: Row,
    rows: Sequence[Row],
    *,
    row_css: Sequence[str] = (),
    row_filters: Sequence[str] = (),
) -> str:
    """Return a table with a caption, column headers and row headers; it scrolls by keyboard when it is too wide.

    Args:
        row_filters: for each row, attributes from `filter_words`.
    """
    head = "".join(f'<th scope="col">{text(cell)}</th>' for cell in header)
    body = []
    for i, row in enumerate(rows):
        first, *rest = row
        css = f' class="{row_css[i]}"' if i < len(row_css) and row_css[i] else ""
        cells = "".join(f"<td{_keep(cell)}>{text(cell)}</td>" for cell in rest)
        words = row_filters[i] if i < len(row_filters) else ""
        body.append(f'<tr{css}{words}><th scope="row"{_keep(first)}>{text(first)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>{''.join(body)}</tbody></table></div>\n"
    )


def _keep(cell: str) -> str:
    """Return the class that keeps a short cell on one line, or gives a long one room."""
    return ' class="one"' if len(cell) <= _ONE_LINE else ' class="long"' if len(cell) >= _LONG else ""


def details(summary: str, inner: str, *, is_open: bool = False, filters: str = "") -> str:
    """Return a part that opens on demand, and by itself on paper."""
    return f"<details{' open' if is_open else ''}{filters}><summary>{text(summary)}</summary>\n{inner}</details>\n"


def figure(plot: Plot, caption: str, disclosed: str = "") -> str:
    """Return a plot's place: a choice when it has variants, the picture with a description, a caption.

    Args:
        disclosed: what every figure must disclose, from `lab.report.procedure.caption`.
    """
    choice = ""
    if len(plot.variants) > 1:
        options = "".join(
            f'<option value="{i}">{text(label)}</option>' for i, (label, _) in enumerate(plot.variants)
        )
        choice = f'<p class="choice"><label>{text(plot.choice)}: <select data-plot="{plot.id}">{options}</select></label></p>\n'
    small = f'<small class="disclosed">{text(disclosed)}</small>' if disclosed else ""
    return (
        f'{choice}<figure><div class="plot" id="{plot.id}" role="img" aria-label="{text(plot.describe)}"></div>'
        f"<figcaption>{text(caption)}{small}</figcaption></figure>\n"
    )
