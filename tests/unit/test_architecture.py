"""The arrows of the house: imports point one way."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "lab"

# layer → what it may import of the lab
ALLOWED = {
    "errors": set(),
    "assets": set(),
    "together": set(),
    "model": {"errors", "model"},
    "tiers": {"errors", "assets", "model", "tiers"},
    "render": {"errors", "assets", "model", "tiers", "render"},
    "report": {"errors", "assets", "model", "report"},
    "ports": {"errors", "model", "ports"},
    "workflows": {"errors", "assets", "model", "tiers", "render", "report", "ports", "together", "workflows"},
    "adapters": {"errors", "assets", "model", "ports", "tiers", "together", "workflows", "adapters"},
    "cli": {"errors", "assets", "model", "tiers", "render", "report", "ports", "workflows", "cli"},
}
PURE = {"errors", "assets", "model", "tiers", "render", "ports", "workflows"}


def _layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


FILES = sorted(path for path in ROOT.rglob("*.py") if _layer(path) in ALLOWED and "_assets" not in path.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    layer = _layer(path)
    ours = {
        name.split(".")[1]
        for name in _imports(path)
        if name.startswith("lab.") and (ROOT / name.split(".")[1]).exists()
    }
    ours |= {
        name.split(".")[1]
        for name in _imports(path)
        if name.startswith("lab.") and (ROOT / f"{name.split('.')[1]}.py").exists()
    }
    allowed = ALLOWED[layer] | ({"adapters"} if path.name == "wiring.py" and layer == "cli" else set())
    assert ours <= allowed, f"{path} must not import {ours - allowed}"


@pytest.mark.parametrize(
    "path", [p for p in FILES if _layer(p) in PURE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_pure_layers_use_the_standard_library_only(path: Path) -> None:
    third_party = {n.split(".")[0] for n in _imports(path)} - set(sys.stdlib_module_names) - {"lab"}
    assert not third_party


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_locust(path: Path) -> None:
    assert not {name for name in _imports(path) if name.split(".")[0] in {"locust", "gevent"}}
