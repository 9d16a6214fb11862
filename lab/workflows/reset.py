"""Put the data set back to how the images have it, in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from lab.errors import LabError
from lab.model.state import Container, RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab
from lab.workflows.starting import set_shares, wait_healthy

# What each server's image has for it; in this order, the primary before those that follow it.
RESTORE: Final = {
    "db-primary": ("db-restore",),
    "db-replica": ("db-restore",),
    "cache": ("cache-restore",),
    "store": ("store-admin", "restore"),
}
_RESTORED_S: Final = 45.0
_HEAD_START_S: Final = 0.3  # a replica that is there before its primary tries again only a second later
# What a server's image puts in place last when it fills a folder (mysql/bin/db-server, minio/bin/store-entrypoint).
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

    Each server does that itself, in its running container: databases are ended and fill their folders anew, the cache
    forgets, the store deletes what is no seed picture. Container, volume and addresses stay, which is most of a start.

    Args:
        with_store: also forget uploads in the object store.
    """
    lab = need_running_lab(ctx)
    containers = [c for tier in RESTORE if tier != "store" or with_store for c in lab.tier(tier)]
    with ctx.reporter.step("restoring the data set", expected_s=3):
        ctx.engine.set_quota([c.id for c in containers], None)
        restored = _restore(ctx, containers)
        others = [c for c in containers if c.service not in restored]
        if others:
            ctx.reporter.warn(
                f"{', '.join(c.service for c in others)}: cannot restore itself, is started anew"
            )
            _restart(ctx, others)
        fresh = need_running_lab(ctx)
        set_shares(ctx, fresh, topology)
    return fresh


def _restore(ctx: Context, containers: Sequence[Container]) -> set[str]:
    """Have servers restore themselves, all at once; return the services that did, and serve."""

    def again(container: Container) -> str:
        if container.tier == "db-replica":
            ctx.clock.sleep(_HEAD_START_S)
        try:
            ctx.engine.run_in(container.id, RESTORE[container.tier], timeout_s=_RESTORED_S)
        except LabError:  # it does not run, has lost a seed picture, or is of an older image
            return ""
        return container.service

    with ThreadPoolExecutor(max_workers=max(1, len(containers))) as pool:
        return set(pool.map(again, containers))


def _restart(ctx: Context, containers: Sequence[Container]) -> None:
    """Kill servers and start them again without their data; return when each of them is healthy.

    Raises:
        TierUnhealthy: naming the service, with its last words.
    """
    ids = [c.id for c in containers]
    with ctx.engine.changes(ctx.lab) as changes:
        for container in containers:
            if container.tier in _LAST_FILE:
                ctx.engine.run_in(container.id, ["rm", "-f", _LAST_FILE[container.tier]])
        ctx.engine.stop(ids, timeout_s=0)
        ctx.engine.start(ids)
        wait_healthy(ctx, [c.service for c in containers], changes)
