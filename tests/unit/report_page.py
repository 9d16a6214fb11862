"""Reads a report back as a browser would: elements, text of cells, plot data. For tests only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "img", "input", "hr", "rect", "path"}  # void, or always self-closed here


class Page(HTMLParser):
    """A strict reading of one page: every element that opens must close, in order.

    Attributes:
        elements: (tag, attributes) in document order.
        tables: per table (caption, header, rows), each cell as text.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.tables: list[tuple[str, list[str], list[list[str]]]] = []
        self.texts: list[str] = []
        self.scripts: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes))
        if tag == "table":
            self.tables.append(("", [], []))
        elif tag == "tr":
            self._row: list[str] = []
        elif tag in {"td", "th", "caption"}:
            self._cell = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1][0] == tag, f"</{tag}> closes <{self._open[-1][0]}>"
        self._open.pop()
        caption, header, rows = self.tables[-1] if self.tables else ("", [], [])
        if tag in {"td", "th"}:
            self._row.append(self._cell.replace("\u00a0", " "))
        elif tag == "caption":
            self.tables[-1] = (self._cell, header, rows)
        elif tag == "tr":
            if header:
                rows.append(self._row)
            else:
                self.tables[-1] = (caption, self._row, rows)

    def handle_data(self, data: str) -> None:
        tag, attributes = self._open[-1] if self._open else ("", {})
        if tag == "script":
            self.scripts[attributes.get("id", f"script-{len(self.scripts)}")] = data
        elif tag != "style":
            self.texts.append(data.replace("\u00a0", " "))
            if any(name in {"td", "th", "caption"} for name, _ in self._open):
                self._cell += data

    def tags(self, *names: str) -> list[dict[str, str]]:
        """Return the attributes of every element with one of these names."""
        return [attributes for tag, attributes in self.elements if tag in names]

    @property
    def text(self) -> str:
        """Return everything that is to be read."""
        return "".join(self.texts)

    @property
    def plots(self) -> dict[str, list[dict[str, Any]]]:
        """Return the figures by plot id."""
        return json.loads(self.scripts["plots"])

    def table(self, caption: str) -> tuple[list[str], list[list[str]]]:
        """Return (header, rows) of the first table whose caption starts so."""
        return next((header, rows) for found, header, rows in self.tables if found.startswith(caption))

    def headings(self) -> Iterator[int]:
        """Yield the levels of the headings in order."""
        return (int(tag[1]) for tag, _ in self.elements if tag in {"h1", "h2", "h3", "h4"})


def numbers_in(data: object) -> Iterator[float]:
    """Yield every number in nested plot data."""
    if isinstance(data, dict):
        for value in data.values():
            yield from numbers_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from numbers_in(value)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield float(data)
