"""Every error the lab reports on purpose, and so every exit code (design: one boundary, in `lab.cli.main`).

Anything that is not a `LabError` is a bug and exits with 1.
"""

from __future__ import annotations

from typing import ClassVar


class LabError(Exception):
    """An error with advice: what happened, and what the user can do about it.

    Args:
        message: one or more lines; names the file, key or flag, the value and what is allowed.
        hint: the next thing to do, as a sentence or a command.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadInput(LabError):
    """An option, file or answer that cannot be used."""

    exit_code = 2


class MachineNotReady(LabError):
    """The engine is missing, stopped, too old or closed to us; or memory, disk, port or network lack."""

    exit_code = 3


class PortBusy(MachineNotReady):
    """A port that should be published is taken."""


class LabBusy(MachineNotReady):
    """Another command changes or measures the lab."""


class LabNotRunning(LabError):
    """The lab that a command needs is not running."""

    exit_code = 4


class TierUnhealthy(LabNotRunning):
    """A tier did not become or stay healthy in time."""


class RunInvalid(LabError):
    """A measurement failed one of its validity gates, or the scenario failed."""

    exit_code = 5


class NotComparable(LabError):
    """Two results differ in more than the factor that is asked about."""

    exit_code = 6


class TargetMissed(LabError):
    """An SLO, a budget or a lesson's check is not met."""

    exit_code = 7


class ImageBuildFailed(LabError):
    """An image cannot be built."""

    exit_code = 8


class Interrupted(LabError):
    """The user interrupted or declined."""

    exit_code = 130


class Terminated(LabError):
    """SIGTERM arrived."""

    exit_code = 143


class Stopped(BaseException):
    """A signal asked the command to end; a BaseException, so that no `except LabError` on the way swallows it.

    Attributes:
        error: what to report.
        asked: the last one that was raised.
    """

    asked: ClassVar[Stopped | None] = None

    def __init__(self, error: LabError) -> None:
        super().__init__(error.message)
        self.error = error
        Stopped.asked = self


def raise_if_stopped() -> None:
    """Raise a `Stopped` again that got lost: Python drops what a signal raises in a finaliser or while it forks.

    Only in the main thread, where it was raised: the threads of a clean-up that it has begun must not meet it again.
    """
    import sys
    import threading

    if threading.current_thread() is not threading.main_thread():
        return
    asked, on_its_way = Stopped.asked, sys.exc_info()[1]
    while on_its_way is not None and on_its_way is not asked:
        on_its_way = on_its_way.__context__
    if asked is not None and on_its_way is None:
        raise asked


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return ` (did you mean "x"?)` for the nearest known word, else an empty string."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""
