"""The list of commands, in the order in which a newcomer needs them.

`lab --help` is printed from this list alone, and a command's module is imported when the command is asked for. The
one-line help is the first paragraph of the function's docstring; a test compares them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

START: Final = "Start and change a lab"
MEASURE: Final = "Measure"
MACHINE: Final = "This machine"


class Command(NamedTuple):
    """One command: where its function, or its Typer of sub-commands, is."""

    name: str
    panel: str
    module: str
    attribute: str
    help: str


class Option(NamedTuple):
    """One option that stands before or after any command."""

    flag: str
    metavar: str
    help: str


COMMANDS: Final = (
    Command("demo", START, "lab.cli.demo", "demo", "Show the whole thing: build what is missing, measure 1, 2 and 4 replicas, draw the curve, start the full lab."),
    Command("up", START, "lab.cli.topology", "up", "Start the lab, or change the running one to this topology with the least change."),
    Command("scale", START, "lab.cli.topology", "scale", "Change the number of web, db-replica or cache containers while the lab serves; drains before it stops."),
    Command("down", START, "lab.cli.down", "down", "Remove the lab: its containers and networks, and with --volumes its data. Nothing that is not the lab's."),
    Command("status", START, "lab.cli.show", "status", "Draw the running topology: tiers, replicas, who talks to whom, ports, health."),
    Command("ls", START, "lab.cli.show", "ls", "List every lab of this engine, leftovers of killed runs included."),
    Command("logs", START, "lab.cli.show", "logs", "Show what the containers wrote."),
    Command("open", START, "lab.cli.show", "open_lab", "Open the lab's app in the browser (and print its address)."),
    Command("shell", START, "lab.cli.show", "shell", "Open a shell in a container, or run a command in it."),
    Command("compose", START, "lab.cli.compose", "compose", "Print the complete compose file of a topology, made to be read; it runs without lab."),
    Command("scenarios", MEASURE, "lab.cli.bench", "scenarios", "List the scenarios: what users do, what we expect to see, which sweep shows it."),
    Command("bench", MEASURE, "lab.cli.bench", "bench", "Measure one point of the running lab: throughput, percentiles, what each tier used, what binds."),
    Command("sweep", MEASURE, "lab.cli.sweep", "sweep", "Measure a scenario over a range of one option, and draw the curve."),
    Command("capacity", MEASURE, "lab.cli.capacity", "capacity", "Find the highest rate that holds an objective: ramp, bisect to 3 %, confirm."),
    Command("explain", MEASURE, "lab.cli.explain", "explain", "Say what binds at each point of a run, with the evidence; --verify tests it by intervention."),
    Command("runs", MEASURE, "lab.cli.runs", "runs", "List the kept runs, newest last."),
    Command("compare", MEASURE, "lab.cli.compare", "compare", "Compare two runs: every difference, the ratio B/A with its interval, and a cause only if one thing changed."),
    Command("report", MEASURE, "lab.cli.report", "report", "Write one self-contained HTML page about one or several runs; it needs no network to be read."),
    Command("export", MEASURE, "lab.cli.export", "export", "Write a run as CSV files and pictures, for spreadsheets, notebooks and slides."),
    Command("doctor", MACHINE, "lab.cli.doctor", "doctor", "Check the machine (engine, cores, memory, disk, clock, noise) and say what to do."),
    Command("images", MACHINE, "lab.cli.images", "app", "The container images: built on this machine, from Debian packages and source."),
)  # fmt: skip

GLOBAL_OPTIONS: Final = (
    Option("--lab", "NAME", "Which lab; also LAB_NAME. [default: lab]"),
    Option("--json", "", "One JSON document on standard output."),
    Option("--quiet", "", "No progress."),
    Option("--debug", "", "Tracebacks and details."),
    Option("--version", "", "Print the version."),
    Option("--install-completion", "", "Install completion for the current shell."),
    Option("--show-completion", "", "Show completion for the current shell, to copy it or customize the installation."),
    Option("--help, -h", "", "Show this message and exit."),
)  # fmt: skip

HELP: Final = """\
A scalability lab on your own machine: HAProxy → Apache/PHP → memcached → MySQL + replicas, plus MinIO (S3).

Start one, measure it, change it, measure again.

First steps: lab up --stage single · lab bench read-heavy · lab up --stage balanced · lab sweep read-heavy --replicas 1,2,4
"""
EPILOG: Final = (
    "Before or after any command: --lab NAME (several labs may run), --json, --quiet, --debug. "
    "Exit codes: 0 ok, 2 bad input, 3 machine not ready, 4 lab not running, 5 run invalid, 6 not comparable, 7 objective not met, 8 image build failed, 130 interrupted."
)
