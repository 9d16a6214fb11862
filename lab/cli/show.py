"""`lab status`, `ls`, `logs`, `open` and `shell`: look at what runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console import is_terminal, is_unicode, out, out_json, width
from lab.cli.state import GLOBALS
from lab.errors import BadInput, LabNotRunning, Stopped, TierUnhealthy, did_you_mean
from lab.model.state import LABEL_TOPOLOGY, Container, RunningLab

if TYPE_CHECKING:
    from lab.workflows.context import Context


def status() -> None:
    """Draw the running topology: tiers, replicas, who talks to whom, ports, health."""
    from lab.cli.picture import draw, next_step
    from lab.cli.wiring import context
    from lab.model.services import missing_services
    from lab.workflows.find import as_document, need_running_lab

    ctx = context()
    lab = need_running_lab(ctx)
    if GLOBALS.as_json:
        out_json(as_document(lab))
    else:
        for line in draw(lab, width=width(), unicode=is_unicode()):
            out(line)
        out(next_step(lab))
    _warn_of_strangers(ctx, lab.strangers)
    if lab.topology is None:
        raise TierUnhealthy(
            f"{LABEL_TOPOLOGY}: this label of the lab is missing or cannot be read: a command was killed half-way, or"
            " another version of lab, or somebody by hand, wrote it.",
            hint="lab down, then lab up",
        )
    missing = missing_services(lab)
    if missing:
        raise TierUnhealthy(f"Not there: {', '.join(missing)}; a command was killed half-way.", hint="lab up")
    sick = [c.service or c.name for c in lab.containers if not c.is_serving and c.service != "credentials"]
    if sick:
        raise TierUnhealthy(f"Not serving: {', '.join(sorted(sick))}.", hint=f"lab logs {min(sick)}")


def _warn_of_strangers(ctx: Context, strangers: Iterable[Container]) -> None:
    for container in strangers:
        ctx.reporter.warn(f"container {container.name} is no lab's and stays untouched: {container.oddity}")


def ls() -> None:
    """List every lab of this engine, leftovers of killed runs included."""
    from lab.cli.wiring import context
    from lab.model.summary import summary
    from lab.workflows.find import all_labs, topology_of

    ctx = context()
    carriers = ctx.engine.containers()
    labs = all_labs(ctx, carriers)
    _warn_of_strangers(ctx, [container for container in carriers if container.oddity])
    rows: list[dict[str, Any]] = []
    for name, containers in labs.items():
        running = sum(c.state == "running" for c in containers)
        topology = topology_of(containers)
        port = next((c.host_port for c in containers if c.host_port and c.tier in {"balancer", "web"}), None)
        rows.append(
            {
                "lab": name,
                "running": running,
                "containers": len(containers),
                "url": f"http://127.0.0.1:{port}/" if port else None,
                "topology": summary(topology) if topology else None,
            }
        )
    if GLOBALS.as_json:
        out_json({"schema": "lab.ls/1", "labs": rows})
        return
    if not rows:
        out("no labs; start one with: lab up")
        return
    out("\n".join(_list_lines(rows, width())))


def _list_lines(rows: Sequence[Mapping[str, Any]], columns: int) -> list[str]:
    """Return a table where it fits, else the name of each lab on a line of its own and the rest below it."""
    table = [("lab", "running", "url", "topology")]
    for row in rows:
        kept = "leftovers; remove with" if row["containers"] else "stopped, data kept; forget it with"
        what = (
            row["topology"]
            or f"{kept}: lab --lab {row['lab']} down{'' if row['containers'] else ' --volumes'}"
        )
        table.append((row["lab"], str(row["running"]), row["url"] or "-", what))
    widths = [max(len(cells[i]) for cells in table) for i in range(len(table[0]))]
    if sum(widths) + 2 * (len(widths) - 1) <= columns:
        return [
            "  ".join(f"{cell:<{wide}}" for cell, wide in zip(cells, widths, strict=True)).rstrip()
            for cells in table
        ]
    return [
        line
        for name, running, url, what in table[1:]
        for line in (name, f"  {running} running{'' if url == '-' else f', {url}'}", f"  {what}")
    ]


def find_target(lab: RunningLab, target: str) -> list[Container]:
    """Return the containers that a TARGET names: a tier (`web`) or one of its containers (`web-2`).

    Raises:
        BadInput: nothing in this lab has that name.
    """
    found = [c for c in lab.containers if target in {c.service, c.tier}]
    if not found:
        known = tuple(sorted({c.service for c in lab.containers} | {c.tier for c in lab.containers} - {""}))
        raise BadInput(
            f"TARGET: nothing in this lab is called {target!r}{did_you_mean(target, known)}",
            hint=f"known: {', '.join(known)}",
        )
    return sorted(found, key=lambda c: (len(c.service), c.service))


def logs(
    target: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="A tier (web) or a container (web-2).")
    ] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
    tail: Annotated[str, typer.Option("--tail", metavar="N", help="Last lines of each container.")] = "100",
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="A time, or an age such as 10m.")
    ] = None,
) -> None:
    """Show what the containers wrote."""
    from lab.cli.options import whole
    from lab.cli.wiring import context
    from lab.workflows.find import running_lab

    lines = whole("--tail", tail, 0, 1_000_000)
    ctx = context()
    lab = running_lab(ctx)
    if lab is None:
        raise LabNotRunning(f'No lab named "{ctx.lab}" is running.', hint="lab up")
    services = [c.service for c in find_target(lab, target)] if target else []
    ansi = "auto" if is_terminal() else "never"
    argv = ["docker", "compose", "--ansi", ansi, "-p", ctx.lab, "logs", "--tail", str(lines)]
    argv += ["--follow"] if follow else []
    argv += ["--since", since] if since else []
    try:
        code = subprocess.run([*argv, *services], check=False).returncode
    except Stopped as stopped:
        if not follow:
            raise
        raise typer.Exit(stopped.error.exit_code) from None  # the way to end it: nothing to tell
    if code not in {0, 130}:
        raise BadInput(
            f"docker compose logs ended with {code}", hint="--since takes 10m, 2h or 2026-01-31T12:00:00"
        )


def open_lab() -> None:
    """Open the lab's app in the browser (and print its address)."""
    import webbrowser

    from lab.cli.wiring import context
    from lab.workflows.find import need_running_lab

    lab = need_running_lab(context())
    url = f"http://127.0.0.1:{lab.host_port}/"
    if GLOBALS.as_json:
        out_json({"schema": "lab.open/1", "url": url})
        return
    out(url)
    webbrowser.open(url)


def shell(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A tier (web) or a container (web-2).")],
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND]", help="Default: a shell.")
    ] = None,
) -> None:
    """Open a shell in a container, or run a command in it."""
    import sys

    from lab.cli.wiring import context
    from lab.workflows.find import need_running_lab

    lab = need_running_lab(context())
    container = find_target(lab, target)[0]
    tty = ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
    code = subprocess.run(
        ["docker", "exec", *tty, container.id, *(command or ["sh"])], check=False
    ).returncode
    raise typer.Exit(code)
