"""Restoring the data set for a fresh point of a sweep, against a fresh lab."""

from __future__ import annotations

from bench.figures import Figure, ratio
from bench.labs import OURS, lab, removed_afterwards, run, seconds
from lab.cli.state import GLOBALS
from lab.cli.wiring import context
from lab.workflows.find import need_running_lab
from lab.workflows.reset import is_changed, reset_data

# A write that every replica repeats, as the image's own administrator (the socket knows the system user).
_WRITE = "CREATE TABLE photos.bench (id INT PRIMARY KEY); INSERT INTO photos.bench VALUES (1)"


def measure(rounds: int) -> list[Figure]:
    """Return seconds of a restore after a write, uploads included, and its ratio to `lab up` from nothing."""
    GLOBALS.is_quiet = True
    restores, ups = [], []
    with removed_afterwards(f"{OURS}-restore") as name:
        for _ in range(rounds):
            ups.append(seconds(lambda: lab(name, "up")))
            ctx = context(name)
            before = need_running_lab(ctx)
            topology, primary = before.topology, before.container("db-primary")
            if topology is None or primary is None:
                raise RuntimeError("restore: the lab that was just started cannot be read")
            socket = "--socket=/run/mysqld/mysqld.sock"
            run(
                [
                    "docker",
                    "exec",
                    primary.id,
                    "mysql",
                    "--no-defaults",
                    socket,
                    "--user=root",
                    f"--execute={_WRITE}",
                ]
            )
            if not is_changed(ctx, before):
                raise RuntimeError("restore: the write did not count as a change")
            restores.append(seconds(lambda: reset_data(ctx, topology, with_store=True)))  # noqa: B023 - called at once
            if is_changed(ctx, need_running_lab(ctx)):
                raise RuntimeError("restore: the write is still there")
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
