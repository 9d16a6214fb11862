"""The command's own start-up, against importing the library that reads its command line."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from bench.figures import Figure, ratio
from bench.labs import OURS, lab, removed_afterwards, run, seconds

REPEATS = 4
"""A round is short: several in a row make one value (their mean), or the clock of one process start would decide."""


def _mean_s(argv: list[str]) -> float:
    return seconds(lambda: [run(argv) for _ in range(REPEATS)]) / REPEATS


def measure(rounds: int) -> list[Figure]:
    """Return `lab --help` and `lab status` (of a running lab) / `python -c 'import typer'`."""
    command = str(Path(sysconfig.get_path("scripts")) / "lab")
    bare = [sys.executable, "-c", "import typer"]
    helps, statuses, imports = [], [], []
    with removed_afterwards(f"{OURS}-start") as name:
        lab(name, "up", "--stage", "single")
        for _ in range(rounds):
            helps.append(_mean_s([command, "--help"]))
            imports.append(_mean_s(bare))
            statuses.append(_mean_s([command, "status", "--lab", name]))
    return [
        ratio("start-up-help", "lab --help / import typer", ours=helps, theirs=imports, reach=2.0,
              labels=("lab --help, s", "import typer, s")),
        ratio("start-up-status", "lab status / import typer", ours=statuses, theirs=imports, reach=4.0,
              labels=("lab status, s", "import typer, s")),
    ]  # fmt: skip
