"""docs/robustness.md names a test for each input and instant; each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from lab import errors

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/robustness.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what")]
TESTS = sorted(set(re.findall(r"`(tests/\S+?\.py)::(\w+)`", PAGE)))


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 50
    assert len(TESTS) > 40


@pytest.mark.parametrize(("path", "name"), TESTS, ids=[f"{path}::{name}" for path, name in TESTS])
def test_the_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_a_test_and_an_exit_code(row: str) -> None:
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 4, row
    assert cells[1], row
    known = {0, *(kind.exit_code for kind in vars(errors).values() if _is_error(kind))}
    assert {int(code) for code in re.findall(r"\d+", cells[2])} <= known, row
    assert re.search(r"\d", cells[2]) or cells[2] == "killed", row
    assert "::" in cells[3], row


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, errors.LabError)
