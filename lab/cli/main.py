"""The `lab` command: global options, and the one boundary where errors become exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from lab import __version__
from lab.cli.console import accept_every_character, err_text
from lab.cli.state import GLOBALS
from lab.errors import BadInput, Interrupted, LabError, MachineNotReady, Stopped, Terminated

_DEFAULT_LAB: Final = "lab"
_FLAGS: Final = {"--json": "as_json", "--quiet": "is_quiet", "--debug": "is_debug"}
_HABITS: Final = {
    "ps": "status",
    "stop": "down",
    "exec": "shell",
    "start": "up",
    "rm": "down",
    "list": "ls",
    "test": "bench",
}


def hoist_globals(argv: Sequence[str]) -> list[str]:
    """Take the global options out of a command line, wherever they stand before `--`, and return the rest.

    Raises:
        BadInput: `--lab` without a name, or a name that cannot be one.
    """
    rest: list[str] = []
    words = iter(argv)
    lab = os.environ.get("LAB_NAME", _DEFAULT_LAB)
    for word in words:
        if word == "--":
            rest += [word, *words]
            break
        if word in _FLAGS:
            setattr(GLOBALS, _FLAGS[word], True)
        elif word == "--lab":
            lab = next(words, "")
        elif word.startswith("--lab="):
            lab = word.removeprefix("--lab=")
        else:
            rest.append(word)
    if lab != _DEFAULT_LAB:
        from lab.model.lab_name import check_lab_name

        check_lab_name(lab)
    GLOBALS.lab = lab
    return rest


def _stop(signum: int, _frame: object) -> NoReturn:
    raise Stopped(Interrupted("Interrupted.") if signum == signal.SIGINT else Terminated("Terminated."))


def _drop_stopped(dropped: sys.UnraisableHookArgs) -> None:
    if not isinstance(dropped.exc_value, Stopped):  # `raise_if_stopped` raises it again
        sys.__unraisablehook__(dropped)


def _listen_to_signals() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # SIGHUP: the terminal's window was closed
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup, a shell's background
            signal.signal(number, _stop)
    sys.unraisablehook = _drop_stopped


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; raises what went wrong."""
    if sys.platform == "win32":
        raise MachineNotReady(
            "lab does not run on Windows itself.",
            hint="install it inside WSL2 (`wsl --install`); with Docker Desktop, switch its WSL integration on",
        )
    args = hoist_globals(argv)
    if "--version" in args[:1]:
        sys.stdout.write(f"lab {__version__}\n")
        return 0
    command = next((word for word in args if not word.startswith("-")), None)
    if command in _HABITS:
        raise BadInput(f'There is no command "{command}".', hint=f"lab {_HABITS[command]}")
    words = _completed_words() or [command or ""]
    if words == [""] and (not args or args[0] in {"-h", "--help"}):
        from lab.cli.help import show

        show()
        return 0
    from lab.cli.app import call

    return call(args, words)


def _completed_words() -> list[str]:
    """Return the words of the line that a shell wants to be completed; none when this is no such call."""
    if "_LAB_COMPLETE" not in os.environ:
        return []
    line = " ".join(os.environ.get(name, "") for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS"))
    return ["lab", *line.split()]


def main() -> NoReturn:
    """Run the command line; never returns, never shows a traceback without `--debug`."""
    try:
        _listen_to_signals()
        code = guarded(sys.argv[1:])
    except Stopped as stopped:  # it arrived before the first line there, or after its last
        code = stopped.error.exit_code
    sys.exit(code)


def guarded(argv: Sequence[str]) -> int:
    """Run one command line, report what went wrong, and return the exit code."""
    accept_every_character()
    try:
        code = run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Stopped as stopped:
        return _report(stopped.error)
    except KeyboardInterrupt:
        return _report(Interrupted("Interrupted."))
    except LabError as error:
        return _report(Stopped.asked.error if Stopped.asked else error)  # Ctrl-C ends our children, too
    except Exception as error:  # noqa: BLE001 - the one boundary
        return _report(Stopped.asked.error) if Stopped.asked else _report_other(error)
    return code


def _report_other(error: Exception) -> int:
    import typer

    if isinstance(error, typer.TyperException) and getattr(error, "exit_code", 1) == 2:
        message = error.format_message()
        return _report(BadInput(message or "Wrong usage.", hint=_help_hint(error)))
    if isinstance(error, typer.Abort):
        return _report(Interrupted("Declined."))
    return _report_bug(error)


def _help_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context is not None else "lab --help"


def _report(error: LabError) -> int:
    if GLOBALS.is_debug:
        import traceback

        traceback.print_exc()
    if GLOBALS.as_json and not GLOBALS.has_document:
        from lab.cli.console import out_json

        out_json(
            {
                "schema": "lab.error/1",
                "exit_code": error.exit_code,
                "error": error.message,
                "hint": error.hint or None,
            }
        )
    err_text(f"error: {error.message}")
    if error.hint:
        err_text(f"hint:  {error.hint}")
    return error.exit_code


def _report_bug(error: Exception) -> int:
    import traceback
    from pathlib import Path

    text = "".join(traceback.format_exception(error))
    if GLOBALS.is_debug:
        sys.stderr.write(text)
    where = "run again with --debug to see where"
    try:
        log = Path.cwd() / ".lab" / "last-error.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(text, encoding="utf-8")
        where = f"the details are in {log}"
    except OSError:
        pass
    bug = LabError(f"This is a bug in lab: {type(error).__name__}: {error}", hint=where)
    return _report(bug)
