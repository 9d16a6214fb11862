"""Web replicas come, go and are replaced while the lab serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.model.state import RunningLab
from lab.ports import Compose
from lab.together import together
from lab.workflows.balancer import drain, enable, wait_checked, withhold
from lab.workflows.context import Context
from lab.workflows.starting import bring_up
from lab.workflows.up_plan import Plan


def is_web(name: str) -> bool:
    """Say whether a service is a web replica."""
    return name.startswith("web-")


def _rolling(plan: Plan) -> RunningLab | None:
    """Return the lab as it was, when its balancer runs on: then web replicas come and go while it serves."""
    found = plan.before.container("balancer") if plan.before else None
    serves = found and found.state == "running" and "balancer" in plan.change.keep
    return plan.before if serves else None


def remove_web(ctx: Context, plan: Plan) -> None:
    """Drain and remove the web replicas that leave."""
    if plan.before is None:
        return
    leaving = [name for name in plan.change.remove if is_web(name)]
    if "balancer" in plan.change.remove:  # the port moves to web-1: HAProxy must let go first
        remove_containers(ctx, plan.before, ["balancer"])
    rolling = _rolling(plan)
    for name in reversed(leaving):
        with ctx.reporter.step(f"draining and stopping {name}", expected_s=3):
            drained = rolling is not None and drain(ctx, rolling, name)
            remove_containers(ctx, plan.before, [name], graceful=not drained)


def remove_containers(ctx: Context, lab: RunningLab, names: Sequence[str], *, graceful: bool = True) -> None:
    """Remove services' containers, after their own stop signals where that matters."""
    ids = [c.id for name in names if (c := lab.container(name))]
    if graceful:
        ctx.engine.stop(ids)
    ctx.engine.remove(ids)


def add_web(
    ctx: Context,
    plan: Plan,
    compose: Compose,
    added: Sequence[str],
    *,
    beside: Callable[[], None] = lambda: None,
) -> None:
    """Start the web replicas that come; they get requests when they listen. `beside` is done meanwhile."""

    def start() -> None:
        if rolling:
            withhold(ctx, rolling, added)
        bring_up(ctx, compose, added)
        if rolling:
            enable(ctx, rolling, added)

    rolling = _rolling(plan)
    with ctx.reporter.step(f"starting {', '.join(added)}", expected_s=4):
        together(start, beside)


def replace_web(ctx: Context, plan: Plan, compose: Compose) -> None:
    """Replace the web replicas that change, one after the other, and the balancer."""
    replaced = [name for name in plan.change.replace if is_web(name)]
    rolling = _rolling(plan)
    if replaced and not rolling:
        with ctx.reporter.step(f"replacing {', '.join(replaced)} (short interruption)", expected_s=5):
            bring_up(ctx, compose, replaced)
    elif rolling:
        for name in replaced:
            _replace(ctx, rolling, compose, name)
    if "balancer" in (*plan.change.replace, *plan.change.add):
        with ctx.reporter.step("starting balancer", expected_s=2):
            bring_up(ctx, compose, ["balancer"], files=plan.bundle.files)


def _replace(ctx: Context, rolling: RunningLab, compose: Compose, name: str) -> None:
    with ctx.reporter.step(f"draining and replacing {name}", expected_s=4):
        if drain(ctx, rolling, name):  # nothing in hand: no need to wait for idle keep-alive connections
            remove_containers(ctx, rolling, [name], graceful=False)
        bring_up(ctx, compose, [name])
        enable(ctx, rolling, [name])
        wait_checked(ctx, rolling, name)  # the next one leaves only when this one serves
