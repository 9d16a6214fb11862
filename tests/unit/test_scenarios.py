"""The scenarios that the lab ships: two files each, and the two fit each other."""

import ast
import tomllib
from pathlib import Path

import pytest

from probe.checks import picture_error
from probe.job import mix_problems

FOLDER = Path(__file__).parents[2] / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
REQUIRED = {
    "title": str, "hypothesis": str, "description": str, "mix": dict, "users": int, "warmup_s": int,
    "duration_s": int, "data": str, "sweep": str,
}  # fmt: skip
OPTIONAL = {"needs", "zipf_s", "think_s", "verify"}


def settings(name: str) -> dict:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def tree(name: str) -> ast.Module:
    return ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))


def actions(name: str) -> list[str]:
    """Return the names in ``@action("...")``, without importing Locust."""
    decorators = [
        decorator
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    ]
    return [
        call.args[0].value for call in decorators if isinstance(call, ast.Call) and call.func.id == "action"
    ]


def test_the_six_scenarios_are_there():
    assert {"read-heavy", "write-heavy", "media", "sessions", "hot-key", "tiny-page"} <= set(NAMES)
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_complete(name):
    found = settings(name)
    assert {key: type(found[key]) for key in REQUIRED} == REQUIRED
    assert set(found) <= set(REQUIRED) | OPTIONAL
    assert found["data"] in {"reads", "writes"}


@pytest.mark.parametrize("name", NAMES)
def test_mix_sums_to_one_and_names_the_actions(name):
    mix = settings(name)["mix"]
    assert mix_problems(mix) == []
    assert sorted(mix) == sorted(actions(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_short_and_imports_only_what_it_is_given(name):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 70
    imported = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"labload", "base64"}
    assert ast.get_docstring(ast.parse(text))


def test_the_picture_that_is_uploaded_is_a_real_one():
    assignment = next(node for node in tree("media").body if isinstance(node, ast.Assign))
    picture = eval(
        compile(ast.Expression(assignment.value), "media.py", "eval"),
        {"b64decode": __import__("base64").b64decode},
    )
    assert picture_error(200, "image/jpeg", picture) == ""
