"""`lab up` and `scale`: what runs, and how it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.console import out, out_json
from lab.cli.options import topology_from, with_topology_options
from lab.cli.state import GLOBALS
from lab.errors import BadInput
from lab.model.topology import Topology

if TYPE_CHECKING:
    from lab.workflows.up_plan import Plan


@with_topology_options
def up(
    given: dict[str, Any],
    detached: Annotated[bool, typer.Option("-d", hidden=True)] = False,
) -> None:
    """Start the lab, or change the running one to this topology with the least change.

    Options not given take the stage's preset (full). Returns when every tier is healthy, replication is in sync and
    every replica has answered through the balancer.

    Examples: lab up · lab up --stage single · lab up --replicas 3 --cache off · lab up --topology my.toml
    """
    from lab.cli.wiring import context
    from lab.workflows.exclusive import exclusively
    from lab.workflows.up import execute
    from lab.workflows.up_plan import make_ready, plan_up

    del detached  # accepted out of habit: a lab always runs in the background
    topology, placement = topology_from(given)
    ctx = context()
    make_ready(ctx, topology)
    web_image = _own_app(placement)
    with exclusively(ctx, "up"):
        plan = plan_up(ctx, topology, port=placement.get("port"), web_image=web_image)
        _announce(plan.before.name if plan.before else None, plan)
        lab = execute(ctx, plan)
    from lab.cli.picture import next_step, summary_lines

    if GLOBALS.as_json:
        from lab.workflows.find import as_document

        out_json({**as_document(lab), "changed": _changes(plan)})
        return
    for line in summary_lines(lab):
        out(line)
    out(next_step(lab))


def _own_app(placement: dict[str, Any]) -> str | None:
    if "app" not in placement:
        return None
    from lab.cli.wiring import build_own_app

    return build_own_app(str(placement["app"]))


def scale(
    targets: Annotated[list[str], typer.Argument(metavar="TIER=N...", help="web=5, db-replica=2, cache=2")],
) -> None:
    """Change the number of web, db-replica or cache containers while the lab serves; drains before it stops."""
    from lab.cli.wiring import context
    from lab.workflows.exclusive import exclusively
    from lab.workflows.find import need_running_lab, own_web_image
    from lab.workflows.fitting import require_fit
    from lab.workflows.scale import parse_targets, scaled
    from lab.workflows.up import execute
    from lab.workflows.up_plan import plan_up

    wanted = parse_targets(targets)
    ctx = context()
    with exclusively(ctx, "scale"):
        lab = need_running_lab(ctx)
        if lab.topology is None:
            raise BadInput(f'lab "{ctx.lab}" was started by another version', hint="lab down; lab up")
        topology: Topology = scaled(lab.topology, wanted)
        plan = plan_up(ctx, topology, web_image=own_web_image(lab))
        require_fit(ctx, topology)
        _announce(ctx.lab, plan)
        lab = execute(ctx, plan)
    if GLOBALS.as_json:
        from lab.workflows.find import as_document

        out_json({**as_document(lab), "changed": _changes(plan)})
        return
    from lab.cli.picture import summary_lines

    for line in summary_lines(lab):
        out(line)


def _changes(plan: Plan) -> dict[str, list[str]]:
    return {
        "added": list(plan.change.add),
        "replaced": list(plan.change.replace),
        "removed": list(plan.change.remove),
    }


def _announce(name: str | None, plan: Plan) -> None:
    from lab.cli.console import TerminalReporter
    from lab.model.stages import STAGE_ADDS
    from lab.model.topology import options_of

    say = TerminalReporter().info
    topology = plan.topology
    if plan.is_fresh:
        say(f"[bold]{GLOBALS.lab}[/]: {topology.stage}: {STAGE_ADDS[topology.stage]}")
        say(f"[dim]{cost_line(plan)}[/]")
        return
    old = options_of(plan.before.topology) if plan.before and plan.before.topology else {}
    for key, value in options_of(topology).items():
        if old and old.get(key) != value:
            say(f"  {key}: {old.get(key)} → {value}")
    if old and old["stage"] != topology.stage:
        say(f"  this step adds {STAGE_ADDS[topology.stage]}")
    parts = [f"{word} {', '.join(names)}" for word, names in _changes(plan).items() if names]
    say("  " + ("; ".join(parts) if parts else f"nothing to change in {name}"))


def cost_line(plan: Plan) -> str:
    """Say what a topology costs in containers, memory and CPU shares."""
    from lab.model.plan import needs

    cost = needs(plan.topology)
    return f"{cost.containers} containers, about {cost.memory_bytes / 2**20:,.0f} MiB, {cost.cpu_cores:.2f} cores of CPU shares"
