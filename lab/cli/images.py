"""`lab images`: build and list the image set; carry it to where no network is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from lab.cli.console import out, out_json, out_text
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
    jobs: Annotated[
        int,
        typer.Option("--jobs", min=1, max=2, help="How many at once; 1 for a machine with little memory."),
    ] = 2,
) -> None:
    """Build images that are missing or older than their inputs; the rest takes milliseconds."""
    from lab.cli.wiring import context
    from lab.model.images import check_names, with_parents
    from lab.workflows.images import ensure_images

    wanted = check_names(names or [])
    built = ensure_images(wanted, context(), jobs=jobs)
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


@app.command("save")
def save(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; one per architecture.")],
    wheels: Annotated[
        bool, typer.Option("--wheels", help="Also lab itself and the Python packages that it needs.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
) -> None:
    """Save all images into one compressed file, for rooms without a network."""
    from lab.cli.wiring import context, images_file
    from lab.workflows.images_file import save_images

    ctx = context()
    manifest = save_images(
        file, with_wheels=wheels, force=force, now_s=ctx.clock.now_s(), files=images_file(), ctx=ctx
    )
    size = file.stat().st_size
    if GLOBALS.as_json:
        document = {
            "schema": "lab.images-save/1",
            "file": str(file),
            "size_bytes": size,
            "unpacked_bytes": manifest.unpacked_bytes,
            "architecture": manifest.architecture,
            "images": [image.reference for image in manifest.images],
            "wheels": [member.name for member in manifest.members if member.name.endswith(".whl")],
        }
        out_json(document)
        return
    out_text(f"{file}: {len(manifest.images)} images for {manifest.architecture}, {size / _MB:,.0f} MB")
    out_text(f"next, where no network is: lab images load {file.name}")


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `lab images save` wrote.")],
) -> None:
    """Load all images from a file; it is checked as a whole first. Needs no network."""
    from lab.cli.wiring import context, images_file
    from lab.workflows.images_load import load_images

    ctx = context()
    done = load_images(file, files=images_file(), ctx=ctx)
    others = [row.image.name for row in done.states if row.state != "ready"]
    if others:
        ctx.reporter.warn(
            f"this lab's own files are not those that these images were built from: {', '.join(others)}; "
            "install the lab that saved them, or run `lab images build` (needs a network)"
        )
    if GLOBALS.as_json:
        document = {
            "schema": "lab.images-load/1",
            "file": str(file),
            "architecture": done.manifest.architecture,
            "created": done.manifest.created,
            "loaded": done.loaded,
            "ready": not others,
            "images": [
                {"name": row.image.name, "reference": row.image.reference, "state": row.state}
                for row in done.states
            ],
        }
        out_json(document)
        return
    out_text(
        f"loaded: {', '.join(done.loaded)}" if done.loaded else "all images of the file were there already"
    )
