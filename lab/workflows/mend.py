"""What a killed command may have left in a running lab, found and put right."""

from __future__ import annotations

import re
from typing import Final

from lab.model.cpu import Quota, quota
from lab.model.plan import quota_cores
from lab.model.state import Container, RunningLab
from lab.model.topology import Topology
from lab.workflows.balancer import server_rows, set_maxconn
from lab.workflows.context import Context
from lab.workflows.find import measured_containers

_HALF_MADE: Final = re.compile(r"[0-9a-f]{12}_")

MAXCONN: Final = 8  # of each web replica, haproxy/haproxy.cfg.tmpl


def half_made(lab: RunningLab | None) -> list[str]:
    """Return the ids of containers that a killed command was about to put in the place of others.

    Compose makes the new one as `0123456789ab_NAME`, removes the old one, and renames; the next attempt would take the
    same name and fail.
    """
    return [c.id for c in lab.containers if _HALF_MADE.match(c.name)] if lab else []


def mend_quotas(ctx: Context, lab: RunningLab, topology: Topology) -> list[str]:
    """Give every container the CPU quota of the plan again, and return which had another.

    A measurement lifts the quotas while the cache fills; one that was killed then leaves them lifted.
    """
    containers = measured_containers(lab)
    have = ctx.engine.quotas([c.id for c in containers])
    wrong: dict[Quota, list[Container]] = {}
    for container in containers:
        cores = quota_cores(topology, container.tier)
        if cores is not None and have.get(container.id) != quota(cores):
            wrong.setdefault(quota(cores), []).append(container)
    for share, found in wrong.items():
        ctx.engine.set_quota([c.id for c in found], share)
    return [c.service for found in wrong.values() for c in found]


def mend_maxconn(ctx: Context, lab: RunningLab, topology: Topology) -> None:
    """Let each replica have as many requests in hand as HAProxy's configuration says; a killed `explain` raised it."""
    if not topology.has_balancer:
        return
    rows = server_rows(ctx, lab)
    set_maxconn(
        ctx,
        lab,
        [n for n in topology.web_names if rows.get(n, {}).get("slim") not in {"", str(MAXCONN)}],
        MAXCONN,
    )
