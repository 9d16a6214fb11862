"""Bring a lab to a topology: change the least, return when every tier serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from lab.errors import MachineNotReady, PortBusy
from lab.model.state import RunningLab
from lab.ports import Compose
from lab.together import together
from lab.workflows.balancer import verify_replicas
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.mend import mend_maxconn, mend_quotas
from lab.workflows.replication import wait_in_sync
from lab.workflows.starting import Early, bring_up, set_shares, wait_healthy
from lab.workflows.up_plan import Plan, overlay
from lab.workflows.up_web import add_web, is_web, remove_containers, remove_web, replace_web

_FRONT: Final = ("balancer", "web")
_LABELLED: Final = "credentials"  # the service whose container carries the topology's label


def execute(ctx: Context, plan: Plan) -> RunningLab:
    """Carry a plan out and return the lab once every tier serves.

    Raises:
        TierUnhealthy: a tier did not become healthy; the containers stay for inspection.
        MachineNotReady: no port could be published.
    """
    _with_port(ctx, plan)
    lab = need_running_lab(ctx)
    _wait_for_kept(ctx, lab)
    in_sync = ", replication in sync" if plan.topology.db_replicas else ""
    with ctx.reporter.step(f"every replica answers{in_sync}", expected_s=1):
        together(*_last_jobs(ctx, lab, plan))
    return need_running_lab(ctx)


def _wait_for_kept(ctx: Context, lab: RunningLab) -> None:
    """Wait for what a command that was killed has started: it runs as planned, and may not serve yet."""
    late = [c.service for c in lab.containers if c.state == "running" and c.health == "starting"]
    if late:
        with (
            ctx.reporter.step(f"waiting for {', '.join(late)}", expected_s=4),
            ctx.engine.changes(ctx.lab) as changes,
        ):
            wait_healthy(ctx, late, changes)


def _last_jobs(ctx: Context, lab: RunningLab, plan: Plan) -> list[Callable[[], Any]]:
    """Return what is left to do and to prove when all containers are healthy; none of it waits for another."""
    given = (ctx, lab, plan.topology)
    if plan.is_fresh:  # its read replicas are in sync when they are healthy, and its front is proved
        behind = [tier for tier in dict.fromkeys(c.tier for c in lab.containers) if tier not in _FRONT]
        return [partial(set_shares, *given, tiers=behind)]
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
            bring_up(
                ctx,
                compose,
                names,
                files=plan.bundle.files,
                is_new=plan.before is None,
                early=_front_first(ctx, plan),
            )
        return
    if plan.change.is_empty and _is_written_down(plan):
        return
    remove_web(ctx, plan)
    apart = {_LABELLED, "balancer"}
    moving = [n for n in (*plan.change.replace, *plan.change.add) if not is_web(n) and n not in apart]
    added = [name for name in plan.change.add if is_web(name)]
    if added and not moving:
        add_web(ctx, plan, compose, added, beside=lambda: _label(compose))
    else:
        _update_state_tiers(ctx, compose, moving)
        if added:
            add_web(ctx, plan, compose, added)
    replace_web(ctx, plan, compose)
    _remove_rest(ctx, plan, compose)


def _front_first(ctx: Context, plan: Plan) -> Early:
    """Return what proves the web replicas and gives them their shares while databases and store still start."""

    def job() -> None:
        lab = need_running_lab(ctx)
        verify_replicas(ctx, lab, plan.topology)
        set_shares(ctx, lab, plan.topology, tiers=_FRONT)

    return Early(
        after=frozenset(service.name for service in plan.bundle.services if service.tier in _FRONT), job=job
    )


def _is_written_down(plan: Plan) -> bool:
    """Say whether the topology's label is the plan's, and who carries it has run, so that there are passwords.

    A command that was killed early may have left a label of its own, or databases that still wait for their passwords.
    """
    carrier = plan.before.container(_LABELLED) if plan.before else None
    return bool(
        carrier and carrier.state == "exited" and plan.before and plan.before.topology == plan.topology
    )


def _label(compose: Compose) -> None:
    """Write down what the lab is now. The passwords' container carries it; running it again changes no password."""
    compose.up([_LABELLED], recreate=True, deps=False, wait=False)


def _update_state_tiers(ctx: Context, compose: Compose, moving: Sequence[str]) -> None:
    with ctx.reporter.step(f"updating {', '.join(moving) or 'labels'}", expected_s=4):
        _label(compose)
        if moving:
            bring_up(ctx, compose, moving)


def _remove_rest(ctx: Context, plan: Plan, compose: Compose) -> None:
    leaving = [name for name in plan.change.remove if not is_web(name) and name != "balancer"]
    if leaving and plan.before:
        with ctx.reporter.step(f"stopping {', '.join(leaving)}", expected_s=3):
            remove_containers(ctx, plan.before, leaving)
    gone = [f"{name}-data" for name in leaving if name.startswith("db-replica")]
    gone += [f"{name}-uploads" for name in plan.change.remove if is_web(name)]
    gone = [volume for volume in gone if volume not in plan.bundle.volumes]
    compose.remove_volumes(gone)
