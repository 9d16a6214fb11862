"""Starting the default lab, against starting as many containers that only sleep."""

from __future__ import annotations

from contextlib import ExitStack

from bench.figures import Figure, ratio
from bench.labs import OURS, Sleepers, lab, removed_afterwards, seconds, settle
from lab.tiers.base import image

OPTIONS = ("--replicas", "3", "--db-replicas", "2")


def measure(rounds: int) -> list[Figure]:
    """Return `lab up` / `docker compose up -d`; images are there and nothing of either runs."""
    ours, theirs = [], []
    with ExitStack() as stack:
        sleepers = stack.enter_context(Sleepers(f"{OURS}-sleep", image("web")))
        for number in range(rounds):
            # A lab of its own each time, and all data goes in the end: ext4 is slow to make files for some minutes after
            # many were removed (docs/adr/0014), and a machine where nothing runs has not just removed a lab.
            name = stack.enter_context(removed_afterwards(f"{OURS}-up-{number}"))
            settle()
            ours.append(seconds(lambda: lab(name, "up", *OPTIONS)))  # noqa: B023 - called at once
            lab(name, "down")
            settle()
            theirs.append(seconds(sleepers.up))
            sleepers.down()
    what = f"lab up {' '.join(OPTIONS)} / compose up of 9 sleepers"
    return [ratio("up", what, ours=ours, theirs=theirs, reach=3.0, labels=("lab up, s", "sleepers up, s"))]
