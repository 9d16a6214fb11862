"""Run a program and turn its failure into a LabError."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from lab.errors import LabError, MachineNotReady

_NO_ENGINE = ("cannot connect to the docker daemon", "is the docker daemon running", "error during connect")
_NO_PERMISSION = (
    "permission denied while trying to connect",
    "dial unix /var/run/docker.sock: connect: permission denied",
)


def engine_problem(text: str) -> MachineNotReady | None:
    """Return the error for an engine that is absent or closed to us, if the text says so."""
    lowered = text.lower()
    if any(sign in lowered for sign in _NO_PERMISSION):
        return MachineNotReady(
            "The Docker engine refuses this user: permission denied on its socket.",
            hint="join the docker group (`sudo usermod -aG docker $USER`, then log in again), or run as root",
        )
    if any(sign in lowered for sign in _NO_ENGINE):
        return MachineNotReady(
            "No Docker engine answers.",
            hint="start Docker (Desktop, Colima, `systemctl start docker`); on Debian as root `lab doctor --fix` installs it",
        )
    return None


def run(
    argv: Sequence[str],
    *,
    input_text: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> str:
    """Return a program's standard output.

    Raises:
        MachineNotReady: the program, or the engine behind it, is not there.
        LabError: it failed or took too long; the message ends with its last lines.
    """
    try:
        done = subprocess.run(
            list(argv),
            input=input_text,
            stdin=None if input_text is not None else subprocess.DEVNULL,
            env={**os.environ, **env} if env else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError:
        raise MachineNotReady(
            f"The program `{argv[0]}` is not on this machine.", hint="run `lab doctor` to see what is missing"
        ) from None
    except subprocess.TimeoutExpired:
        raise LabError(f"`{' '.join(argv[:4])} …` did not end within {timeout_s:g} s.") from None
    if done.returncode != 0:
        problem = engine_problem(done.stderr)
        if problem:
            raise problem
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise LabError(f"`{' '.join(argv[:6])} …` failed with {done.returncode}:\n{tail}")
    return done.stdout
