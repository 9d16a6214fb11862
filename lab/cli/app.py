"""The Typer application, made for one command line: only the module of the command that is asked for is imported."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from functools import cache, partialmethod
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperArgument, TyperOption

from lab.cli.commands import COMMANDS, EPILOG, GLOBAL_OPTIONS, HELP, Command

_HELP_OF: Final = {option.flag: option.help for option in GLOBAL_OPTIONS}


def call(args: Sequence[str], asked: Collection[str]) -> int:
    """Run one command line and return its exit code.

    A command alone needs no parser: its function's own defaults are what Typer would hand over.
    """
    for command in COMMANDS:
        if list(args) == [command.name]:
            what = _load(command)
            if not isinstance(what, typer.Typer) and _needs_nothing(what):
                try:
                    what()
                except typer.Exit as done:
                    return done.exit_code
                return 0
    _take_words_as_they_are()
    return int(make_app(asked)(args, prog_name="lab", standalone_mode=False) or 0)


@cache
def _take_words_as_they_are() -> None:
    """Do not let Typer check words: they are words already, and Pydantic for that takes 0.13 s to import and to prepare.

    What is no plain word (a number, a path, a list) goes the usual way.
    """
    for kind in (TyperArgument, TyperOption):
        setattr(kind, "process_value", partialmethod(_word, kind.process_value))  # noqa: B010 - not by assignment: mypy


def _word(parameter: Any, checked: Callable[[Any, Any, Any], Any], ctx: Any, value: Any) -> Any:  # noqa: ANN401
    is_one = parameter.nargs == 1 and not parameter.multiple
    is_absent = value is None and not parameter.required
    is_word = isinstance(value, str) and parameter.type_descriptor.annotation is str
    if is_one and (is_absent or is_word):
        return parameter.callback(ctx, parameter, value) if parameter.callback else value
    return checked(parameter, ctx, value)


def _needs_nothing(function: Callable[..., None]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return all(parameter.default is not inspect.Parameter.empty for parameter in parameters)


def _load(command: Command) -> Any:  # noqa: ANN401 - a function, or a Typer of sub-commands
    return getattr(import_module(command.module), command.attribute)


def make_app(asked: Collection[str] | None = None) -> typer.Typer:
    """Return the application; only the commands that are asked for can run, the others are names. None: all can."""
    app = typer.Typer(
        name="lab",
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_globals)
    for command in COMMANDS:
        if asked is None or command.name in asked:
            _add(app, command)
        else:
            app.command(command.name, help=command.help, rich_help_panel=command.panel)(_not_loaded)
    return app


def _add(app: typer.Typer, command: Command) -> None:
    what = _load(command)
    if isinstance(what, typer.Typer):
        app.add_typer(what, name=command.name, rich_help_panel=command.panel)
    else:
        app.command(command.name, rich_help_panel=command.panel)(what)


def _not_loaded() -> None:
    raise AssertionError("`make_app` was not asked for this command")


def _globals(
    lab: Annotated[
        str, typer.Option("--lab", metavar="NAME", help=_HELP_OF["--lab"], show_default=False)
    ] = "lab",
    as_json: Annotated[bool, typer.Option("--json", help=_HELP_OF["--json"])] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help=_HELP_OF["--quiet"])] = False,
    debug: Annotated[bool, typer.Option("--debug", help=_HELP_OF["--debug"])] = False,
    version: Annotated[bool, typer.Option("--version", help=_HELP_OF["--version"])] = False,
) -> None:
    """Document the global options: `lab.cli.main` has taken them out before Typer sees them."""
    del lab, as_json, quiet, debug, version
