"""Restoring the data set for a fresh point of a sweep, against a fresh lab."""

from __future__ import annotations

from bench.figures import Figure, ratio
from bench.labs import OURS, lab, removed_afterwards, seconds
from lab.cli.state import GLOBALS
from lab.cli.wiring import context
from lab.workflows.find import need_running_lab
from lab.workflows.reset import is_changed, reset_data

_WRITES = ("bench", "write-heavy", "--cold", "--duration", "8s", "--users", "16")
"""Comments, likes and uploads: what a point of a sweep leaves to be restored."""


def measure(rounds: int) -> list[Figure]:
    """Return seconds of a restore after a window of writes, uploads included, and its ratio to `lab up` from nothing."""
    GLOBALS.is_quiet = True
    restores, ups = [], []
    with removed_afterwards(f"{OURS}-restore") as name:
        for _ in range(rounds):
            ups.append(seconds(lambda: lab(name, "up")))
            lab(name, *_WRITES, accepted=(0, 5))
            ctx = context(name)
            before = need_running_lab(ctx)
            topology = before.topology
            if topology is None or not is_changed(ctx, before):
                raise RuntimeError("restore: the lab cannot be read, or its writes did not count as a change")
            restores.append(seconds(lambda: reset_data(ctx, topology, with_store=True)))  # noqa: B023 - called at once
            if is_changed(ctx, need_running_lab(ctx)):
                raise RuntimeError("restore: the writes are still there")
            lab(name, "down", "--volumes")
    labels = ("restore, s", "lab up, s")
    return [
        Figure(
            name="restore",
            what="restoring the data set for a fresh point",
            unit="s",
            values=restores,
            reach=5.0,
        ),
        ratio(
            "restore-ratio", "restoring / a fresh lab up", ours=restores, theirs=ups, reach=0.5, labels=labels
        ),
    ]
