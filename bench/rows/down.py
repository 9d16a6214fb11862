"""Removing the default lab, against removing as many containers that only sleep."""

from __future__ import annotations

from bench.figures import Figure, ratio
from bench.labs import OURS, Sleepers, lab, removed_afterwards, seconds
from bench.rows.up import OPTIONS
from lab.tiers.base import image


def measure(rounds: int) -> list[Figure]:
    """Return `lab down` (which keeps the data) / `docker compose down -t 1`."""
    ours, theirs = [], []
    name = f"{OURS}-down"
    with removed_afterwards(name), Sleepers(f"{OURS}-sleep", image("web")) as sleepers:
        for _ in range(rounds):
            lab(name, "up", *OPTIONS)
            ours.append(seconds(lambda: lab(name, "down")))
            sleepers.up()
            theirs.append(seconds(sleepers.down))
    what = "lab down / compose down -t 1 of 9 sleepers"
    return [
        ratio("down", what, ours=ours, theirs=theirs, reach=2.0, labels=("lab down, s", "sleepers down, s"))
    ]
