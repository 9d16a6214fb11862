"""`lab compose`: a topology as one compose file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lab.cli.console import out_json, out_text
from lab.cli.options import topology_from, whole, with_topology_options
from lab.cli.state import GLOBALS
from lab.errors import BadInput


@with_topology_options
def compose(
    given: dict[str, Any],
    engine: Annotated[
        str, typer.Option("--engine", metavar="N", help="Docker Engine that the file is for, 24 or newer.")
    ] = "25",
) -> None:
    """Print the complete compose file of a topology, made to be read; it runs without lab.

    Example: lab compose --stage cached | docker compose -f - -p anything up -d
    """
    from lab.render.compose import render
    from lab.render.older import FIRST_WITH_START_INTERVAL

    topology, placement = topology_from(given)
    if "app" in placement:
        raise BadInput("--app: an own app needs its image; use `lab up --app PATH`")
    version = whole("--engine", engine, 24, 99)
    text = render(topology, start_interval=version >= FIRST_WITH_START_INTERVAL).text
    if "port" in placement:
        text = text.replace("${LAB_PORT:-8080}", f"${{LAB_PORT:-{placement['port']}}}")
    if GLOBALS.as_json:
        out_json({"schema": "lab.compose/1", "compose": text})
    else:
        out_text(text)
