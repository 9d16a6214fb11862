"""What the rows share: run `lab` as a user does, run `docker`, time them, and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

OURS: Final = f"bench-{os.getpid()}"
"""Every lab and project of a run begins with this, so that leftovers of a killed run can be found."""


def _environment(changes: Mapping[str, str] | None) -> dict[str, str]:
    """Python keeps what it has compiled, and so does `pip install`; told not to, each command compiles `lab` again."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(changes or {})}


def run(
    argv: Sequence[str],
    *,
    text: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 300,
    accepted: Sequence[int] = (0,),
) -> str:
    """Run a program and return what it prints.

    Raises:
        RuntimeError: it failed; a figure of something that failed means nothing.
    """
    done = subprocess.run(
        list(argv),
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        env=_environment(env),
    )
    if done.returncode not in accepted:
        raise RuntimeError(f"{' '.join(argv[:6])} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def lab(name: str, *words: str, timeout_s: float = 300, accepted: Sequence[int] = (0,)) -> str:
    """Run the `lab` command for one lab and return what it prints; other exit codes than the accepted ones raise."""
    argv = [sys.executable, "-m", "lab", "--lab", name, *words]
    return run(argv, timeout_s=timeout_s, accepted=accepted)


SETTLING_S: Final = 2.0


def settle() -> None:
    """Let the last removal end: kernel and engine go on for a moment after the command that asked for it."""
    time.sleep(SETTLING_S)


def seconds(action: Callable[[], Any]) -> float:
    """Return how long an action takes."""
    start_s = time.perf_counter()
    action()
    return time.perf_counter() - start_s


@contextmanager
def removed_afterwards(name: str) -> Iterator[str]:
    """Yield the name of a lab that is taken down with its data in the end, whatever happens."""
    try:
        yield name
    finally:
        lab(name, "down", "--volumes")


class Sleepers:
    """As many containers as the default lab has, which only sleep: what the engine itself costs.

    Source: the reference of the issue's table; one service each, so that compose treats them as it treats ours.
    """

    def __init__(self, name: str, image: str, count: int = 9) -> None:
        """Describe the project; nothing is started."""
        self._name = name
        service = f'{{image: "{image}", entrypoint: ["sleep", "1000"], pull_policy: never}}'
        self._text = "services:\n" + "".join(f"  sleeper-{i}: {service}\n" for i in range(1, count + 1))

    def up(self) -> None:
        """Start them."""
        self._compose("up", "-d")

    def down(self) -> None:
        """Remove them; `sleep` as process 1 ignores the stop signal, so this includes its second of grace."""
        self._compose("down", "-t", "1")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Leave nothing behind."""
        self._compose("down", "-t", "0")

    def _compose(self, *words: str) -> None:
        run(["docker", "compose", "-p", self._name, "-f", "-", *words], text=self._text)
