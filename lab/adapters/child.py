"""Child processes that do not outlive the command that started them: not after a signal to it, not after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1  # Source: prctl(2)
GRACE_S: Final = 10.0

# Descriptors that a tethered child keeps open: a lab's lock is free only when nothing works on the lab any more.
KEPT_OPEN: Final[set[int]] = set()


def tether() -> Callable[[], None] | None:
    """Return what a child does before it becomes another program: the kernel ends it when this process dies.

    None where the kernel cannot do that (only Linux can); there a child notices at its next write.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    libc, parent = ctypes.CDLL(None), os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # we died between fork and here
            os._exit(1)

    return before_exec


def end(process: subprocess.Popen[Any], *, grace_s: float = GRACE_S) -> None:
    """End a child that has a process group of its own, in order if it listens, else at once.

    It is gone afterwards, also when another signal arrives while we wait.
    """
    try:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace_s)
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[Any], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def is_alive(pid: int) -> bool:
    """Say whether a process of this machine is there; what cannot be asked counts as there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
