"""Put the data set back to how the images have it, in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from lab.errors import LabError
from lab.model.state import Container, RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.starting import all_of, set_shares, wait_healthy

STATEFUL: Final = ("cache", "db-primary", "db-replica")
# What each server's image puts in place last when it unpacks its data (mysql/bin/db-entrypoint, minio/bin/store-entrypoint).
_LAST_FILE: Final = {
    "db-primary": "/var/lib/mysql/ibdata1",
    "db-replica": "/var/lib/mysql/ibdata1",
    "store": "/data/.minio.sys/format.json",
}
# The health account has no password: the server trusts the operating-system user behind the socket, and it may only ask.
_ASK_GTID: Final = (
    "mysql", "--no-defaults", "--protocol=socket", "--socket=/run/mysqld/mysqld.sock", "--user=health", "-BNe",
    "SELECT @@GLOBAL.gtid_executed",
)  # fmt: skip


def executed_gtids(ctx: Context, lab: RunningLab) -> str:
    """Return the transactions on the data set since it was last fresh: the golden data has no GTID.

    Raises:
        LabError: the primary does not answer.
    """
    primary = lab.container("db-primary")
    if primary is None or primary.state != "running":
        return ""
    return ctx.engine.run_in(primary.id, _ASK_GTID, timeout_s=10).strip()


def is_changed(ctx: Context, lab: RunningLab) -> bool:
    """Say whether anything was written to the data set since it was last fresh."""
    try:
        return bool(executed_gtids(ctx, lab))
    except LabError:
        return True


def may_be_changed(ctx: Context, lab: RunningLab | None) -> bool:
    """Say whether a person's data may be there: in the running lab, or kept from one that was taken down."""
    if lab is not None and any(c.state == "running" for c in lab.containers):
        return is_changed(ctx, lab)
    return any(volume.endswith("_db-primary-data") for volume in ctx.compose.volumes(ctx.lab))


def reset_data(ctx: Context, topology: Topology, *, with_store: bool) -> RunningLab:
    """Put what keeps state back to its golden data, and return the lab.

    A server whose data folder lacks its last file unpacks the golden data when it starts. So that file is taken away
    and the server is killed and started again: its container, volume and addresses stay, which is most of a start.

    Args:
        with_store: also forget uploads in the object store.
    """
    lab = need_running_lab(ctx)
    tiers = (*STATEFUL, "store") if with_store else STATEFUL
    containers = [c for tier in tiers for c in lab.tier(tier)]
    with ctx.reporter.step("restoring the data set", expected_s=4):
        _restart(ctx, containers)  # a replica that is healthy is in sync
        fresh = need_running_lab(ctx)
        set_shares(ctx, fresh, topology)
    return fresh


def _forget(ctx: Context, container: Container) -> None:
    if container.tier in _LAST_FILE:
        ctx.engine.run_in(container.id, ["rm", "-f", _LAST_FILE[container.tier]])


def _restart(ctx: Context, containers: Sequence[Container]) -> None:
    """Kill servers and start them again without their data and without quotas; return when each of them is healthy.

    Each does so in its own time. Only a read replica waits for the primary's start: one that is there before it tries
    again only a second later.

    Raises:
        TierUnhealthy: naming the service, with its last words.
    """

    def again(container: Container, before: Sequence[Future[None]]) -> None:
        _forget(ctx, container)
        free.result()  # a quota can be changed while a container runs
        ctx.engine.stop([container.id], timeout_s=0)
        for one in before:
            one.result()
        ctx.engine.start([container.id])

    first = [c for c in containers if c.tier == "db-primary"]
    second = [c for c in containers if c.tier == "db-replica"]
    rest = [c for c in containers if c not in first and c not in second]
    with (
        ctx.engine.changes(ctx.lab) as changes,
        ThreadPoolExecutor(max_workers=len(containers) + 1) as pool,
    ):
        free = pool.submit(ctx.engine.set_quota, [c.id for c in containers], None)
        jobs = [pool.submit(again, one, []) for one in first + rest]
        jobs += [pool.submit(again, one, jobs[: len(first)]) for one in second]
        all_of([free, *jobs])
        wait_healthy(ctx, [c.service for c in containers], changes)
