"""The page of `lab --help`, printed from the list of commands: nothing else is imported for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lab.cli.commands import COMMANDS, EPILOG, GLOBAL_OPTIONS, HELP
from lab.cli.console import is_unicode, out_lines, width
from lab.cli.markup import plain_length, wrapped

_ROOMY: Final = 60  # columns from which a text stands beside its name, not below it
_NARROWEST: Final = 29  # the line on usage
_WIDEST: Final = 110  # longer lines are hard to read


def show() -> None:
    """Print the page."""
    out_lines(page(width(), unicode=is_unicode()))


def page(columns: int, *, unicode: bool) -> list[str]:
    """Return the page as lines of markup that fit the columns; without Unicode, all is ASCII."""
    columns = min(max(columns, _NARROWEST), _WIDEST)
    text = (lambda words: words) if unicode else _plain_ascii
    lines = ["", " [bold]Usage:[/] lab COMMAND [OPTIONS]", ""]
    for paragraph in text(HELP).strip().split("\n\n"):
        lines += [*wrapped(f" {paragraph}", columns), ""]
    options = [(f"{option.flag} {option.metavar}".strip(), text(option.help)) for option in GLOBAL_OPTIONS]
    lines += _panel("Options", options, columns, unicode=unicode)
    names = max(len(command.name) for command in COMMANDS)
    for title in dict.fromkeys(command.panel for command in COMMANDS):
        rows = [
            (command.name.ljust(names), text(command.help)) for command in COMMANDS if command.panel == title
        ]
        lines += _panel(title, rows, columns, unicode=unicode)
    return [*lines, "", *wrapped(f" {text(EPILOG)}", columns), ""]


def _plain_ascii(words: str) -> str:
    from lab.report.bars import plain_ascii

    return plain_ascii(words)


def _panel(title: str, rows: Sequence[tuple[str, str]], columns: int, *, unicode: bool) -> list[str]:
    corners, dash, side = ("╭╮╰╯", "─", "│") if unicode else ("++++", "-", "|")
    inside = columns - 4
    lines = [f"[dim]{corners[0]}{dash}[/] {title} [dim]{dash * (inside - len(title) - 1)}{corners[1]}[/]"]
    lines += [
        f"[dim]{side}[/] {line}{' ' * (inside - plain_length(line))} [dim]{side}[/]"
        for line in _rows(rows, inside)
    ]
    return [*lines, f"[dim]{corners[2]}{dash * (inside + 2)}{corners[3]}[/]"]


def _rows(rows: Sequence[tuple[str, str]], columns: int) -> Iterator[str]:
    column = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        if columns < _ROOMY and column > columns // 3:
            yield f"[bold cyan]{name}[/]"
            yield from wrapped(f"  {text}", columns)
            continue
        first, *more = wrapped(text, columns - column)
        yield f"[bold cyan]{name}[/]{' ' * (column - len(name))}{first}"
        yield from (" " * column + line for line in more)
