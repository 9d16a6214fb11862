"""`lab status`, `ls`, `logs`, `open` and `shell`: look at what runs."""

from __future__ import annotations

import subprocess
from typing import Annotated, Any

import typer

from lab.cli.console import console, out, out_json
from lab.cli.options import whole
from lab.cli.state import GLOBALS
from lab.errors import BadInput, LabNotRunning, TierUnhealthy, did_you_mean
from lab.model.state import Container, RunningLab


def status() -> None:
    """Draw the running topology: tiers, replicas, who talks to whom, ports, health."""
    from lab.cli.picture import draw, next_step
    from lab.cli.wiring import context
    from lab.workflows.find import as_document, need_running_lab

    lab = need_running_lab(context())
    if GLOBALS.as_json:
        out_json(as_document(lab))
    else:
        for line in draw(lab, width=console().width, unicode=_unicode()):
            out(line)
        out(next_step(lab))
    sick = [c.service for c in lab.containers if not c.is_serving and c.service != "credentials"]
    if sick:
        raise TierUnhealthy(f"Not serving: {', '.join(sorted(sick))}.", hint=f"lab logs {min(sick)}")


def _unicode() -> bool:
    return (console().encoding or "").lower().startswith("utf")


def ls() -> None:
    """List every lab of this engine, leftovers of killed runs included."""
    from rich.table import Table

    from lab.cli.wiring import context
    from lab.render.compose import summary
    from lab.workflows.find import all_labs, topology_of

    labs = all_labs(context())
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
    table = Table(box=None, pad_edge=False)
    for title in ("lab", "running", "url", "topology"):
        table.add_column(title, overflow="fold")
    for row in rows:
        what = row["topology"] or f"leftovers; remove with: lab --lab {row['lab']} down"
        table.add_row(row["lab"], str(row["running"]), row["url"] or "-", what)
    out(table)


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
    from lab.cli.wiring import context
    from lab.workflows.find import running_lab

    lines = whole("--tail", tail, 0, 1_000_000)
    ctx = context()
    lab = running_lab(ctx)
    if lab is None:
        raise LabNotRunning(f'No lab named "{ctx.lab}" is running.', hint="lab up")
    services = [c.service for c in find_target(lab, target)] if target else []
    ansi = "auto" if console().is_terminal else "never"
    argv = ["docker", "compose", "--ansi", ansi, "-p", ctx.lab, "logs", "--tail", str(lines)]
    argv += ["--follow"] if follow else []
    argv += ["--since", since] if since else []
    code = subprocess.run([*argv, *services], check=False).returncode
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
