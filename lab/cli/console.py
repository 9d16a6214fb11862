"""Output: results on standard output, progress on standard error.

Lines of text are printed without Rich, which takes 0.05 s to import; tables, spinners and bars use it.
"""

from __future__ import annotations

import codecs
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TextIO

from lab.cli.markup import coloured, plain, wrapped
from lab.cli.state import GLOBALS

_NARROWEST: Final = 20

if TYPE_CHECKING:
    from rich.console import Console


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> Console:
    """Return the Rich console for a stream; plain on a pipe and with NO_COLOR."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def width(*, stderr: bool = False) -> int:
    """Return the columns to print in: COLUMNS, else the terminal's, else 80."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return max(_NARROWEST, int(asked))
    try:
        found = os.get_terminal_size(_stream(stderr=stderr).fileno()).columns
    except (OSError, ValueError):  # no terminal; not even a file
        found = 0
    return max(_NARROWEST, found or 80)


def is_unicode(*, stderr: bool = False) -> bool:
    """Say whether a stream can show every character."""
    encoding = getattr(_stream(stderr=stderr), "encoding", None) or ""
    return encoding.lower().startswith("utf")


def is_terminal(*, stderr: bool = False) -> bool:
    """Say whether a person looks at a stream."""
    return _stream(stderr=stderr).isatty()


def accept_every_character() -> None:
    """Let the streams show a stand-in for what their encoding has not: `->` for an arrow, `?` for most others."""
    codecs.register_error("lab-plain", _stand_in)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="lab-plain")


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    from lab.report.bars import plain_ascii

    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain_ascii(error.object[error.start : error.end]), error.end


def _stream(*, stderr: bool) -> TextIO:
    return sys.stderr if stderr else sys.stdout


def _has_colour(*, stderr: bool) -> bool:
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not is_plain and is_terminal(stderr=stderr)


def out_lines(lines: Iterable[str]) -> None:
    """Print lines of markup that fit already."""
    show = coloured if _has_colour(stderr=False) else plain
    sys.stdout.write("\n".join(show(line) for line in lines) + "\n")


def _print(text: str, *, stderr: bool = False) -> None:
    show = coloured if _has_colour(stderr=stderr) else plain
    lines = text.split("\n")
    if not stderr or is_terminal(stderr=True):  # a log that is searched later has each message on one line
        lines = [part for line in lines for part in wrapped(line, width(stderr=stderr))]
    _stream(stderr=stderr).write("\n".join(show(line) for line in lines) + "\n")


def out(what: object) -> None:
    """Print a result for a person: text with `lab.cli.markup`, or what Rich can draw."""
    if GLOBALS.as_json:
        return
    if isinstance(what, str):
        _print(what)
    else:
        console().print(what)


def out_text(text: str) -> None:
    """Print text as it is, without markup or wrapping."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def out_json(document: Mapping[str, Any]) -> None:
    """Print the one JSON document of `--json`."""
    import json

    GLOBALS.has_document = True
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=not is_unicode()) + "\n")


def err(text: str) -> None:
    """Print one line to standard error."""
    _print(text, stderr=True)


def err_text(text: str) -> None:
    """Print text to standard error without markup; on a terminal, broken between words."""
    lines = text.split("\n")
    if is_terminal(stderr=True):
        lines = [part for line in lines for part in wrapped(line, width(stderr=True))]
    sys.stderr.write("\n".join(lines) + "\n")


class TerminalReporter:
    """Implements `lab.ports.Reporter`: a spinner on a terminal, one line a step elsewhere, nothing when quiet."""

    @contextmanager
    def step(self, title: str, *, expected_s: float | None = None) -> Iterator[None]:
        """Show a step while it runs, with the time it is expected to take and the time it took."""
        if GLOBALS.is_quiet:
            yield
            return
        expected = f" (about {expected_s:.0f} s)" if expected_s else ""
        start_s = time.monotonic()
        if is_terminal(stderr=True):
            spinner = "dots" if is_unicode(stderr=True) else "line"
            with console(stderr=True).status(f"{title}{expected}", spinner=spinner):
                yield
        else:
            yield
        err(f"[green]✓[/] {title} [dim]{time.monotonic() - start_s:.1f} s[/]")

    def info(self, text: str) -> None:
        """Say one line."""
        if not GLOBALS.is_quiet:
            err(text)

    def warn(self, text: str) -> None:
        """Say one line that should not be missed."""
        err(f"[yellow]warning:[/] {text}")
