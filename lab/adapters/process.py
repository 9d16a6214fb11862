"""Run a program and turn its failure into a LabError."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from lab.adapters.child import KEPT_OPEN, end, tether
from lab.errors import LabError, MachineNotReady, raise_if_stopped

_NO_ENGINE = ("cannot connect to the docker daemon", "is the docker daemon running", "error during connect")
_NO_ENDPOINT = (
    "unable to resolve docker endpoint",
    "unable to parse docker host",
    "invalid proto",
    "failed to initialize:",
    "context not found",
)
# What the docker command says of a connection that broke; the engine's own answers begin with "Error response".
_WENT_AWAY = (
    "unexpected eof",
    "docker.sock: eof",
    "read unix",
    "write unix",
    "error waiting for container",
    '.sock": eof',
)
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
    if any(sign in lowered for sign in _WENT_AWAY):
        return MachineNotReady(
            f"The Docker engine went away in the middle: {text.strip().splitlines()[-1]}",
            hint="start it again, then repeat the command: it goes on from what is there",
        )
    for line in text.splitlines():
        if any(sign in line.lower() for sign in _NO_ENDPOINT):
            return MachineNotReady(
                f"DOCKER_HOST, DOCKER_CONTEXT or `docker context use` names no engine: {line.strip()}",
                hint="unset DOCKER_HOST and DOCKER_CONTEXT, or choose one of `docker context ls`",
            )
    return None


def run(
    argv: Sequence[str],
    *,
    input_text: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    is_tethered: bool = False,
    accepted: Sequence[str] = (),
) -> str:
    """Return a program's standard output.

    Args:
        is_tethered: it changes something: end it in order when this command ends early, even by kill -9.
        accepted: it may fail when each line on its standard error has one of these words, in lower case.

    Raises:
        MachineNotReady: the program, or the engine behind it, is not there.
        LabError: it failed or took too long; the message ends with its last lines.
    """
    try:
        done = _finished(argv, input_text, env, timeout_s, is_tethered=is_tethered)
    except FileNotFoundError:
        raise MachineNotReady(
            f"The program `{argv[0]}` is not on this machine.", hint="run `lab doctor` to see what is missing"
        ) from None
    except OSError as error:
        raise MachineNotReady(
            f"The program `{argv[0]}` cannot be started: {error.strerror or error}.", hint="lab doctor"
        ) from None
    except subprocess.TimeoutExpired:
        raise MachineNotReady(
            f"`{' '.join(argv[:4])} …` did not end within {timeout_s:g} s.",
            hint="does the engine answer? lab doctor",
        ) from None
    if done.returncode != 0 and not _is_accepted(done.stderr, accepted):
        problem = engine_problem(done.stderr)
        if problem:
            raise problem
        if argv[0] == "docker" and not done.stderr.strip() and not _engine_answers(env):
            raise MachineNotReady(
                f"The Docker engine went away during `{' '.join(argv[:2])}`.",
                hint="start it again, then repeat the command: it goes on from what is there",
            )
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise LabError(f"`{' '.join(argv[:6])} …` failed with {done.returncode}:\n{tail}")
    return done.stdout


def _engine_answers(env: Mapping[str, str] | None) -> bool:
    """Ask once more: a connection that breaks in `docker exec` ends it without a word."""
    argv = ["docker", "version", "--format", "{{.Server.Version}}"]
    with suppress(OSError, subprocess.TimeoutExpired):
        asked = subprocess.run(
            argv, env={**os.environ, **(env or {})}, capture_output=True, check=False, timeout=10
        )
        return asked.returncode == 0
    return False


def _is_accepted(said: str, accepted: Sequence[str]) -> bool:
    lines = said.lower().strip().splitlines()
    return bool(lines) and all(any(words in line for words in accepted) for line in lines)


def _finished(
    argv: Sequence[str],
    input_text: str | None,
    env: Mapping[str, str] | None,
    timeout_s: float | None,
    *,
    is_tethered: bool,
) -> subprocess.CompletedProcess[str]:
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.PIPE if input_text is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env} if env else None,
        encoding="utf-8",
        errors="replace",
        start_new_session=is_tethered,  # Ctrl-C reaches us, and we end it in order
        preexec_fn=tether() if is_tethered else None,  # noqa: PLW1509 - it makes one system call
        pass_fds=tuple(KEPT_OPEN) if is_tethered else (),
    )
    with process:
        try:
            raise_if_stopped()
            out, err = process.communicate(input_text, timeout=timeout_s)
            raise_if_stopped()
        except BaseException:
            if is_tethered:
                end(process)
            else:
                process.kill()
            raise
    return subprocess.CompletedProcess(list(argv), process.returncode, out, err)
