"""Put the data set back to how the images have it, in seconds."""

from __future__ import annotations

from typing import Final

from lab.errors import LabError
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab, own_web_image
from lab.workflows.starting import bring_up, set_shares
from lab.workflows.up import overlay, plan_up

STATEFUL: Final = ("cache", "db-primary", "db-replica")
# The health account has no password: the server trusts the operating-system user behind the socket, and it may only ask.
_ASK_GTID: Final = (
    "mysql", "--no-defaults", "--protocol=socket", "--socket=/run/mysqld/mysqld.sock", "--user=health", "-BNe",
    "SELECT @@GLOBAL.gtid_executed",
)  # fmt: skip


def is_changed(ctx: Context, lab: RunningLab) -> bool:
    """Say whether anything was written to the data set since it was last fresh: the golden data has no GTID."""
    primary = lab.container("db-primary")
    if primary is None or primary.state != "running":
        return False
    try:
        return bool(ctx.engine.run_in(primary.id, _ASK_GTID, timeout_s=10).strip())
    except LabError:
        return True


def may_be_changed(ctx: Context, lab: RunningLab | None) -> bool:
    """Say whether a person's data may be there: in the running lab, or kept from one that was taken down."""
    if lab is not None and any(c.state == "running" for c in lab.containers):
        return is_changed(ctx, lab)
    return any(volume.endswith("_db-primary-data") for volume in ctx.compose.volumes(ctx.lab))


def reset_data(ctx: Context, topology: Topology, *, with_store: bool) -> RunningLab:
    """Recreate what keeps state from its golden data, and return the lab.

    Args:
        with_store: also forget uploads in the object store.
    """
    lab = need_running_lab(ctx)
    plan = plan_up(ctx, topology, web_image=own_web_image(lab))
    tiers = (*STATEFUL, "store") if with_store else STATEFUL
    services = [c.service for tier in tiers for c in lab.tier(tier)]
    with ctx.reporter.step("restoring the data set", expected_s=5):
        compose = ctx.compose(
            lab=ctx.lab, text=plan.bundle.text, overlay=overlay(plan, ctx.lab), port=lab.host_port
        )
        ctx.engine.remove([c.id for tier in tiers for c in lab.tier(tier)])
        compose.remove_volumes([f"{name}-data" for name in services if not name.startswith("cache")])
        bring_up(ctx, compose, services)  # a replica that is healthy is in sync
        fresh = need_running_lab(ctx)
        set_shares(ctx, fresh, topology)
    return fresh
