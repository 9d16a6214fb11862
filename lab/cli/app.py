"""The commands, in the order in which a newcomer needs them."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from lab.cli import bench, demo, doctor, images, report, show, topology

_HELP: Final = """\
A scalability lab on your own machine: HAProxy → Apache/PHP → memcached → MySQL + replicas, plus MinIO (S3).

Start one, measure it, change it, measure again.

First steps: lab up --stage single · lab bench read-heavy · lab up --stage balanced · lab sweep read-heavy --replicas 1,2,4
"""
_EPILOG: Final = (
    "Before or after any command: --lab NAME (several labs may run), --json, --quiet, --debug. "
    "Exit codes: 0 ok, 2 bad input, 3 machine not ready, 4 lab not running, 5 run invalid, 8 image build failed, 130 interrupted."
)

app = typer.Typer(
    name="lab",
    help=_HELP,
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _globals(
    lab: Annotated[str, typer.Option("--lab", metavar="NAME", help="Which lab; also LAB_NAME.")] = "lab",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Tracebacks and details.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Document the global options: `lab.cli.main` has taken them out before Typer sees them."""
    del lab, as_json, quiet, debug, version


_START: Final = "Start and change a lab"
_MEASURE: Final = "Measure"
_MACHINE: Final = "This machine"

app.command("demo", rich_help_panel=_START)(demo.demo)
app.command("up", rich_help_panel=_START)(topology.up)
app.command("scale", rich_help_panel=_START)(topology.scale)
app.command("down", rich_help_panel=_START)(topology.down)
app.command("status", rich_help_panel=_START)(show.status)
app.command("ls", rich_help_panel=_START)(show.ls)
app.command("logs", rich_help_panel=_START)(show.logs)
app.command("open", rich_help_panel=_START)(show.open_lab)
app.command("shell", rich_help_panel=_START)(show.shell)
app.command("compose", rich_help_panel=_START)(topology.compose)
app.command("scenarios", rich_help_panel=_MEASURE)(bench.scenarios)
app.command("bench", rich_help_panel=_MEASURE)(bench.bench)
app.command("sweep", rich_help_panel=_MEASURE)(bench.sweep)
app.command("runs", rich_help_panel=_MEASURE)(report.runs)
app.command("report", rich_help_panel=_MEASURE)(report.report)
app.command("doctor", rich_help_panel=_MACHINE)(doctor.doctor)
app.add_typer(images.app, name="images", rich_help_panel=_MACHINE)
