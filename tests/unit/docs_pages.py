"""The pages of the documentation, and the commands that they show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from lab.cli.app import make_app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SCENARIOS = sorted(path.stem for path in (ROOT / "scenarios").glob("*.toml"))
REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs/results.md").read_text(encoding="utf-8")
MEASURING = " ".join((ROOT / "docs/measuring.md").read_text(encoding="utf-8").split())
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = typer.main.get_command(make_app())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """Return a page without its code blocks."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def commands() -> dict[str, Any]:
    """Return every command by its words, `images build` and so on."""
    found: dict[str, Any] = {}
    for name, command in COMMAND.commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {inner}": sub for inner, sub in command.commands.items()}
        else:
            found[name] = command
    return found


COMMANDS = commands()


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Yield (where, words after `lab`) of every command in a block of the language `console`."""
    for path in PAGES:
        for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
            if language == "console":
                for line in block.splitlines():
                    yield from ((name_of(path), words) for words in lab_calls(line))


def lab_calls(line: str) -> Iterator[list[str]]:
    """Yield the words of each call of lab in a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    call: list[str] = []
    for word in [*lexer, "|"]:
        if set(word) <= set("|&;"):
            if call[:1] == ["lab"]:
                yield call[1:]
            call = []
        else:
            call.append(word)


LINES = list(command_lines())
