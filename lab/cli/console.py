"""Output: results on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lab.cli.state import GLOBALS

if TYPE_CHECKING:
    from rich.console import Console


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> Console:
    """Return the Rich console for a stream; plain on a pipe and with NO_COLOR."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def out(renderable: object) -> None:
    """Print a result for a person."""
    if not GLOBALS.as_json:
        console().print(renderable)


def out_text(text: str) -> None:
    """Print text as it is, without markup or wrapping."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def out_json(document: Mapping[str, Any]) -> None:
    """Print the one JSON document of `--json`."""
    GLOBALS.has_document = True
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def err(text: str) -> None:
    """Print one line to standard error, as it is."""
    from rich.text import Text

    console(stderr=True).print(Text.from_markup(text) if text.startswith("[") else Text(text))


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
        screen = console(stderr=True)
        if screen.is_terminal:
            with screen.status(f"{title}{expected}"):
                yield
        else:
            yield
        screen.print(f"[green]✓[/] {title} [dim]{time.monotonic() - start_s:.1f} s[/]", overflow="fold")

    def info(self, text: str) -> None:
        """Say one line."""
        if not GLOBALS.is_quiet:
            console(stderr=True).print(text, overflow="fold")

    def warn(self, text: str) -> None:
        """Say one line that should not be missed."""
        console(stderr=True).print(f"[yellow]warning:[/] {text}", overflow="fold")
