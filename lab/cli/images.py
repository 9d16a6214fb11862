"""`lab images`: build and list the image set."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from lab.cli.console import out, out_json
from lab.cli.state import GLOBALS

app = typer.Typer(
    no_args_is_help=True, help="The container images: built on this machine, from Debian packages and source."
)

_MB: Final = 1_000_000


@app.command("build")
def build(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAMES]...", help="Which images; default all.")
    ] = None,
) -> None:
    """Build images that are missing or older than their inputs; the rest takes milliseconds."""
    from lab.cli.wiring import context
    from lab.model.images import check_names, with_parents
    from lab.workflows.images import ensure_images

    wanted = check_names(names or [])
    built = ensure_images(wanted, context())
    if GLOBALS.as_json:
        out_json({"schema": "lab.images-build/1", "built": built, "images": with_parents(wanted)})
        return
    out(f"built: {', '.join(built)}" if built else "all images are up to date")


@app.command("list")
def list_images() -> None:
    """List the images: size, and whether they are up to date."""
    from rich.table import Table

    from lab.cli.wiring import context
    from lab.model.images import IMAGES
    from lab.workflows.images import image_states

    rows = image_states(list(IMAGES), context().images)
    if GLOBALS.as_json:
        document = [
            {
                "name": row.image.name,
                "reference": row.image.reference,
                "state": row.state,
                "id": row.built.id if row.built else None,
                "size_bytes": row.built.size_bytes if row.built else None,
                "created": row.built.created if row.built else None,
            }
            for row in rows
        ]
        out_json({"schema": "lab.images/1", "images": document})
        return
    table = Table(box=None, pad_edge=False)
    for title in ("image", "holds", "state"):
        table.add_column(title, overflow="fold")
    table.add_column("MB", justify="right")
    for row in rows:
        size = f"{row.built.size_bytes / _MB:.0f}" if row.built else "-"
        table.add_row(row.image.name, row.image.about, row.state, size)
    out(table)
    if any(row.state != "ready" for row in rows):
        out("next: lab images build")
