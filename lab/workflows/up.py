"""Bring a lab to a topology: change the least, return when every tier serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from lab.errors import MachineNotReady, PortBusy
from lab.model.state import RunningLab
from lab.ports import Compose
from lab.together import together
from lab.workflows.balancer import drain, enable, verify_replicas, wait_checked, withhold
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.mend import mend_maxconn, mend_quotas
from lab.workflows.replication import wait_in_sync
from lab.workflows.starting import bring_up, set_shares
from lab.workflows.up_plan import Plan, overlay

_LABELLED: Final = "credentials"  # the service whose container carries the topology's label


def execute(ctx: Context, plan: Plan) -> RunningLab:
    """Carry a plan out and return the lab once every tier serves.

    Raises:
        TierUnhealthy: a tier did not become healthy; the containers stay for inspection.
        MachineNotReady: no port could be published.
    """
    _with_port(ctx, plan)
    lab = need_running_lab(ctx)
    in_sync = ", replication in sync" if plan.topology.db_replicas else ""
    with ctx.reporter.step(f"every replica answers{in_sync}", expected_s=1):
        together(*_last_jobs(ctx, lab, plan))
    return need_running_lab(ctx)


def _last_jobs(ctx: Context, lab: RunningLab, plan: Plan) -> list[Callable[[], Any]]:
    """Return what is left to do and to prove when all containers are healthy; none of it waits for another."""
    given = (ctx, lab, plan.topology)
    if plan.is_fresh:  # whose read replicas are in sync when they are healthy
        return [partial(verify_replicas, *given), partial(set_shares, *given)]
    return [
        partial(verify_replicas, *given),
        partial(wait_in_sync, ctx, lab),
        partial(mend_quotas, *given),
        partial(mend_maxconn, *given),
    ]


def _with_port(ctx: Context, plan: Plan) -> None:
    refused = []
    for port in plan.ports:
        compose = ctx.compose(lab=ctx.lab, text=plan.bundle.text, overlay=overlay(plan, ctx.lab), port=port)
        try:
            _converge(ctx, plan, compose)
        except PortBusy:
            refused.append(str(port))
            continue
        return
    raise MachineNotReady(
        f"--port: the engine refuses 127.0.0.1:{', '.join(refused)}: in use.",
        hint="lab up --port N with a free port",
    )


def _converge(ctx: Context, plan: Plan, compose: Compose) -> None:
    if plan.is_fresh:
        names = [service.name for service in plan.bundle.services]
        with ctx.reporter.step(f"starting {len(names) - 1} containers", expected_s=4):
            bring_up(ctx, compose, names, is_new=plan.before is None)
        return
    labelled = plan.before.topology if plan.before else None
    if plan.change.is_empty and labelled == plan.topology:  # a command killed early leaves a label of its own
        return
    _remove_web(ctx, plan)
    moving = [name for name in (*plan.change.replace, *plan.change.add) if not _is_web(name)]
    added = [name for name in plan.change.add if _is_web(name)]
    if added and not {*moving} - {_LABELLED}:
        _add_web(ctx, plan, compose, added, beside=lambda: _label(compose))
    else:
        _update_state_tiers(ctx, compose, [name for name in moving if name != "balancer"])
        if added:
            _add_web(ctx, plan, compose, added)
    _replace_web(ctx, plan, compose)
    _remove_rest(ctx, plan, compose)


def _is_web(name: str) -> bool:
    return name.startswith("web-")


def _rolling(plan: Plan) -> RunningLab | None:
    """Return the lab as it was, when its balancer runs on: then web replicas come and go while it serves."""
    found = plan.before.container("balancer") if plan.before else None
    serves = found and found.state == "running" and "balancer" in plan.change.keep
    return plan.before if serves else None


def _remove_web(ctx: Context, plan: Plan) -> None:
    if plan.before is None:
        return
    leaving = [name for name in plan.change.remove if _is_web(name)]
    if "balancer" in plan.change.remove:  # the port moves to web-1: HAProxy must let go first
        _remove_containers(ctx, plan.before, ["balancer"])
    rolling = _rolling(plan)
    for name in reversed(leaving):
        with ctx.reporter.step(f"draining and stopping {name}", expected_s=3):
            drained = rolling is not None and drain(ctx, rolling, name)
            _remove_containers(ctx, plan.before, [name], graceful=not drained)


def _remove_containers(ctx: Context, lab: RunningLab, names: Sequence[str], *, graceful: bool = True) -> None:
    ids = [c.id for name in names if (c := lab.container(name))]
    if graceful:
        ctx.engine.stop(ids)
    ctx.engine.remove(ids)


def _label(compose: Compose) -> None:
    """Write down what the lab is now. The passwords' container carries it; running it again changes no password."""
    compose.up([_LABELLED], recreate=True, deps=False, wait=False)


def _update_state_tiers(ctx: Context, compose: Compose, moving: Sequence[str]) -> None:
    rest = [name for name in moving if name != _LABELLED]
    with ctx.reporter.step(f"updating {', '.join(rest) or 'labels'}", expected_s=4):
        _label(compose)
        if rest:
            bring_up(ctx, compose, rest)


def _add_web(
    ctx: Context,
    plan: Plan,
    compose: Compose,
    added: Sequence[str],
    *,
    beside: Callable[[], None] = lambda: None,
) -> None:
    def start() -> None:
        if rolling:
            withhold(ctx, rolling, added)
        bring_up(ctx, compose, added)
        if rolling:
            enable(ctx, rolling, added)

    rolling = _rolling(plan)
    with ctx.reporter.step(f"starting {', '.join(added)}", expected_s=4):
        together(start, beside)


def _replace_web(ctx: Context, plan: Plan, compose: Compose) -> None:
    replaced = [name for name in plan.change.replace if _is_web(name)]
    rolling = _rolling(plan)
    if replaced and not rolling:
        with ctx.reporter.step(f"replacing {', '.join(replaced)} (short interruption)", expected_s=5):
            bring_up(ctx, compose, replaced)
    elif rolling:
        for name in replaced:
            _replace(ctx, rolling, compose, name)
    if "balancer" in (*plan.change.replace, *plan.change.add):
        with ctx.reporter.step("starting balancer", expected_s=2):
            bring_up(ctx, compose, ["balancer"])


def _replace(ctx: Context, rolling: RunningLab, compose: Compose, name: str) -> None:
    with ctx.reporter.step(f"draining and replacing {name}", expected_s=4):
        if drain(ctx, rolling, name):  # nothing in hand: no need to wait for idle keep-alive connections
            _remove_containers(ctx, rolling, [name], graceful=False)
        bring_up(ctx, compose, [name])
        enable(ctx, rolling, [name])
        wait_checked(ctx, rolling, name)  # the next one leaves only when this one serves


def _remove_rest(ctx: Context, plan: Plan, compose: Compose) -> None:
    leaving = [name for name in plan.change.remove if not _is_web(name) and name != "balancer"]
    if leaving and plan.before:
        with ctx.reporter.step(f"stopping {', '.join(leaving)}", expected_s=3):
            _remove_containers(ctx, plan.before, leaving)
    gone = [f"{name}-data" for name in leaving if name.startswith("db-replica")]
    gone += [f"{name}-uploads" for name in plan.change.remove if _is_web(name)]
    gone = [volume for volume in gone if volume not in plan.bundle.volumes]
    compose.remove_volumes(gone)
