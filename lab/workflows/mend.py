"""What a killed command may have left in a running lab, found and put right."""

from __future__ import annotations

from lab.model.cpu import quota
from lab.model.plan import quota_cores
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.observed import measured_containers


def mend_quotas(ctx: Context, lab: RunningLab, topology: Topology) -> list[str]:
    """Give every container the CPU quota of the plan again, and return which had another.

    A measurement lifts the quotas while the cache fills; one that was killed then leaves them lifted.
    """
    containers = measured_containers(lab)
    have = ctx.engine.quotas([c.id for c in containers])
    mended = []
    for container in containers:
        cores = quota_cores(topology, container.tier)
        if cores is not None and have.get(container.id) != quota(cores):
            ctx.engine.set_quota([container.id], quota(cores))
            mended.append(container.service)
    return mended
