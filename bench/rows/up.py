"""Starting the default lab, against starting as many containers that only sleep."""

from __future__ import annotations

from bench.figures import Figure, ratio
from bench.labs import OURS, Sleepers, lab, removed_afterwards, seconds
from lab.tiers.base import image

OPTIONS = ("--replicas", "3", "--db-replicas", "2")


def measure(rounds: int) -> list[Figure]:
    """Return `lab up` / `docker compose up -d`; images are there and nothing of either runs."""
    ours, theirs = [], []
    name = f"{OURS}-up"
    with removed_afterwards(name), Sleepers(f"{OURS}-sleep", image("web")) as sleepers:
        for _ in range(rounds):
            ours.append(seconds(lambda: lab(name, "up", *OPTIONS)))
            lab(name, "down", "--volumes")
            theirs.append(seconds(sleepers.up))
            sleepers.down()
    what = f"lab up {' '.join(OPTIONS)} / compose up of 9 sleepers"
    return [ratio("up", what, ours=ours, theirs=theirs, reach=3.0, labels=("lab up, s", "sleepers up, s"))]
