"""`lab down`: what is removed, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console import out, out_json
from lab.cli.state import GLOBALS
from lab.errors import MachineNotReady

if TYPE_CHECKING:
    from lab.workflows.down import Removed


def down(
    volumes: Annotated[
        bool, typer.Option("--volumes", "-v", help="Forget the data and the passwords too.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Every lab of this engine.")] = False,
) -> None:
    """Remove the lab: its containers and networks, and with --volumes its data. Nothing that is not the lab's."""
    from lab.cli.wiring import context
    from lab.workflows.down import take_all_down, take_down
    from lab.workflows.exclusive import exclusively

    ctx = context()
    kept: list[str] = []
    if every:
        removed, kept = take_all_down(ctx, volumes=volumes)
    else:
        with exclusively(ctx, "down"):
            removed = [take_down(ctx, ctx.lab, volumes=volumes)]
    _show_removed(removed)
    if kept:
        raise MachineNotReady(
            "\n".join(kept), hint="the other labs are removed; end what works on these, then again"
        )


def _show_removed(removed: Sequence[Removed]) -> None:
    if GLOBALS.as_json:
        out_json(
            {
                "schema": "lab.down/1",
                "removed": [
                    {"lab": r.lab, "containers": r.containers, "volumes": r.volumes} for r in removed
                ],
            }
        )
        return
    for item in removed:
        kept = "" if item.volumes else "; its data is kept (`lab down --volumes` removes it)"
        out(f'lab "{item.lab}": {item.containers} containers removed{kept if item.containers else ""}')
    if not removed:
        out("no labs")
