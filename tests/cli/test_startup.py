"""What a command imports, since that is what starting up costs; and that the list of commands is true."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from lab.adapters.results import ResultsFolder
from lab.cli import app as cli_app
from lab.cli.commands import COMMANDS, EPILOG, GLOBAL_OPTIONS, HELP, Command
from lab.cli.wiring import context
from lab.model.run import to_document
from lab.workflows.context import Context
from tests.unit.run_samples import bench

APP = typer.main.get_command(cli_app.make_app())
HEAVY = {"docker", "requests", "rich", "plotly", "pydantic", "matplotlib", "numpy", "pyarrow"}
_LOADED = """
import json, sys
from lab.cli.main import guarded
code = guarded(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def loaded(folder: Path, *words: str) -> tuple[int, set[str]]:
    """Run a command in a process of its own, with no engine; return its exit code and the modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *words], capture_output=True, text=True, check=True, cwd=folder,
        env={**os.environ, "DOCKER_HOST": f"unix://{folder}/no-engine.sock", "LAB_DIR": str(folder / "lab")},
    )  # fmt: skip
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["--json", "--help"], ["--version"]], ids=str)
def test_the_first_page_needs_no_parser(tmp_path: Path, words: list[str]) -> None:
    code, modules = loaded(tmp_path, *words)
    assert code == 0
    assert not modules & {*HEAVY, "typer", "lab.model.topology", "lab.cli.app"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("status", 3),
        ("status --lab other --json", 3),
        ("ls", 3),
        ("open", 3),
        ("down", 3),
        ("up", 3),
        ("up --replicas 3 --cache off --port 9000", 3),
        ("down --volumes", 3),
        ("scenarios", 0),
        ("runs", 0),
    ],
)
def test_a_command_imports_what_it_uses(tmp_path: Path, line: str, code: int) -> None:
    run = bench(id="20260101-0800-b")
    (tmp_path / "lab" / "runs" / run.id).mkdir(parents=True)
    (tmp_path / "lab" / "runs" / run.id / "run.json").write_text(json.dumps(to_document(run)))
    done, modules = loaded(tmp_path, *line.split())
    assert done == code
    assert not modules & HEAVY
    assert "lab.adapters.results" in modules if line == "runs" else "lab.adapters.results" not in modules


def test_options_need_the_parser_but_no_other_command(tmp_path: Path) -> None:
    code, modules = loaded(tmp_path, "compose", "--stage", "single")
    assert code == 0
    assert not modules & {*HEAVY, "lab.cli.bench", "lab.cli.images"}


def test_what_is_no_plain_word_is_still_checked(tmp_path: Path) -> None:
    """A list, a path and a missing word go through Typer as ever."""
    for line in ("scale", "bench", "up --topology"):
        code, _ = loaded(tmp_path, *line.split())
        assert code == 2, line
    (tmp_path / "topology.toml").write_text("replicas = 99\n")
    assert loaded(tmp_path, "compose", "--topology", "topology.toml")[0] == 2


def test_only_measurements_load_the_docker_sdk() -> None:
    root = Path(cli_app.__file__).parents[1]
    users = {
        path.name
        for path in root.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import docker", "from docker"))
    }
    assert users == {"engine_api.py"}


# -- the list of commands ---------------------------------------------------------------------------------------------


def first_paragraph(command: Command) -> str:
    what = cli_app._load(command)
    text = what.info.help if isinstance(what, typer.Typer) else inspect.getdoc(what)
    return " ".join(text.split("\n\n")[0].split())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_list_says_what_the_command_says(command: Command) -> None:
    assert command.help == first_paragraph(command)
    assert APP.commands[command.name].rich_help_panel == command.panel


def test_every_public_function_with_options_is_in_the_list() -> None:
    listed = {(command.module, command.attribute) for command in COMMANDS}
    assert len(listed) == len(COMMANDS) == len(APP.commands)


def test_the_global_options_are_those_of_the_parser() -> None:
    known = {name: parameter.help for parameter in APP.params for name in parameter.opts}
    listed = {option.flag.split(",")[0]: option.help for option in GLOBAL_OPTIONS}
    for parameter in APP.get_params(typer.Context(APP)):
        if "--help" in parameter.opts:
            known |= {"--help": parameter.help}
    assert listed == known


def test_a_name_without_its_module_is_never_run() -> None:
    some = typer.main.get_command(cli_app.make_app(["status"]))
    assert list(some.commands) == [command.name for command in COMMANDS]
    assert some.commands["status"].callback is not some.commands["ls"].callback
    assert (some.help, some.epilog) == (HELP.strip(), EPILOG)


def alone() -> list[str]:
    """Return the commands that run without the parser when they stand alone."""
    return [
        command.name
        for command in COMMANDS
        if not isinstance(what := cli_app._load(command), typer.Typer) and cli_app._needs_nothing(what)
    ]


def test_which_commands_run_without_the_parser() -> None:
    assert {"status", "ls", "up", "down", "scenarios", "runs", "doctor"} <= set(alone())
    assert not {"scale", "shell", "bench", "sweep", "images"} & set(alone())


@pytest.mark.parametrize("name", alone())
def test_alone_it_gets_what_the_parser_would_hand_over(name: str) -> None:
    command = APP.commands[name]
    params = command.make_context(name, []).params
    parsed = {key: None if value == () else value for key, value in params.items()}  # an empty list is none
    function = cli_app._load(next(each for each in COMMANDS if each.name == name))
    assert parsed == {key: p.default for key, p in inspect.signature(function).parameters.items()}


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({"COMP_WORDS": "lab st", "COMP_CWORD": "1"}, ["status"]),
        ({"COMP_WORDS": "lab up --stam", "COMP_CWORD": "2"}, ["--stampede-lock"]),
        ({"COMP_WORDS": "lab images sa", "COMP_CWORD": "2"}, ["save"]),
    ],
)
def test_a_shell_completes(env: dict[str, str], wanted: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab"], capture_output=True, text=True, check=False,
        env={**os.environ, "_LAB_COMPLETE": "complete_bash", **env},
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (wanted, "")


# -- the adapters -----------------------------------------------------------------------------------------------------


def test_every_part_of_the_context_is_wired_and_made_once() -> None:
    ctx: Any = context("other")
    for field in dataclasses.fields(Context):
        assert getattr(ctx, field.name) is getattr(ctx, field.name)
    assert ctx.lab == "other"
    assert isinstance(ctx.results, ResultsFolder)
    with pytest.raises(AttributeError):
        _ = ctx.nothing_of_that_name
