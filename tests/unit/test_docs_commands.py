"""Every command that the documentation shows is good input: it parses, and its values make a topology."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cli.main import hoist_globals
from lab.cli.options import _TEXTS, topology_from
from lab.cli.state import GLOBALS
from lab.model.sweep import expand, is_range
from lab.workflows.scale import parse_targets
from tests.unit.docs_pages import (
    CODE,
    COMMAND,
    COMMANDS,
    FENCE,
    LINES,
    PAGES,
    ROOT,
    SCENARIOS,
    name_of,
    prose,
)


@pytest.fixture
def _globals_restored() -> Iterator[None]:
    before = dataclasses.asdict(GLOBALS)
    yield
    for key, value in before.items():
        setattr(GLOBALS, key, value)


def test_the_documents_show_commands() -> None:
    assert len(LINES) > 30
    assert {where for where, _ in LINES} >= {"README.md", "docs/measuring.md", "docs/tiers/web.md"}


@pytest.mark.parametrize(("where", "words"), LINES, ids=[f"{w}: {' '.join(c)}" for w, c in LINES])
@pytest.mark.usefixtures("_globals_restored")
def test_a_shown_command_is_good_input(where: str, words: list[str]) -> None:
    rest = hoist_globals(words)
    name = " ".join(rest[:2]) if " ".join(rest[:2]) in COMMANDS else rest[0]
    assert name in COMMANDS, f"{where}: there is no command {name!r}"
    given = COMMANDS[name].make_context(name, rest[len(name.split()) :]).params
    if name in {"up", "compose"}:
        topology_from(topology_words(given))
    elif name == "scale":
        parse_targets(given["targets"])
    elif name == "bench":
        assert given["scenario"] in SCENARIOS
    elif name == "sweep":
        check_sweep(given)


def topology_words(given: dict[str, Any]) -> dict[str, Any]:
    return {key: given[key] for key in _TEXTS if given[key] is not None}


def check_sweep(given: dict[str, Any]) -> None:
    """Check that exactly one option has several values, and that each of them makes a topology."""
    assert given["scenario"] in SCENARIOS
    words = {**topology_words(given), **({"users": given["users"]} if given["users"] else {})}
    ranged = [key for key, word in words.items() if is_range(word)]
    assert len(ranged) == 1
    values = expand(ranged[0], words.pop(ranged[0]))
    assert len(values) > 1
    words.pop("users", None)
    for value in values if ranged[0] != "users" else [None]:
        topology_from({**words, **({ranged[0]: str(value)} if value is not None else {})})


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_and_options_in_the_text_exist(path: Path) -> None:
    known = {option for command in COMMANDS.values() for p in command.params for option in p.opts}
    known |= {option for p in COMMAND.params for option in p.opts} | {"--version", "--help"}
    for span in CODE.findall(prose(path)):
        words = span.split()
        if words[0] == "lab" and len(words) > 1 and words[1] != "COMMAND":
            assert words[1].startswith("--") or words[1] in COMMAND.commands, span
            asked = words[: words.index("--")] if "--" in words else words
            assert {word for word in asked if word.startswith("--")} <= known, span


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_shown_make_targets_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):", makefile, re.MULTILINE))
    blocks = [
        block for language, block in FENCE.findall(path.read_text(encoding="utf-8")) if language == "console"
    ]
    shown = re.findall(r"^(?:\w+=\S+ )?make ([a-z0-9]+)", "\n".join(blocks), re.MULTILINE)
    shown += re.findall(r"`make ([a-z0-9]+)`", prose(path))
    assert set(shown) <= targets
