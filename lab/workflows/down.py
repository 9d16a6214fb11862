"""Remove a lab: its containers, networks and, on request, its volumes. Only what carries its labels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lab.errors import BadInput, LabBusy, LabError
from lab.model.state import Container
from lab.workflows.context import Context
from lab.workflows.exclusive import exclusively
from lab.workflows.find import all_labs

# What keeps data gets its own stop signal and the time to write it; everything else is just removed, at once.
_END_IN_ORDER: Final = ("db-primary", "db-replica", "store")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What `down` removed."""

    lab: str
    containers: int
    volumes: bool


def take_down(ctx: Context, lab: str, *, volumes: bool) -> Removed:
    """Remove one lab; removing one that is not there is no error."""
    found = [c for c in ctx.engine.containers(lab) if not c.oddity]
    with ctx.reporter.step(f'removing lab "{lab}"', expected_s=2):
        keep = [c for c in found if not volumes and c.state == "running" and c.tier in _END_IN_ORDER]
        primary = [c for c in keep if c.tier == "db-primary"]
        with ThreadPoolExecutor(max_workers=1) as pool:
            others = pool.submit(_end_in_order, ctx, [c for c in keep if c not in primary])
            ctx.engine.remove([c.id for c in found if c not in keep])
            _end_in_order(ctx, primary)  # after its clients: it would wait 2 s for those that are still there
            others.result()
        ctx.compose.down(lab, volumes=volumes)
    return Removed(lab=lab, containers=len(found), volumes=volumes)


def _end_in_order(ctx: Context, containers: list[Container]) -> None:
    ids = [c.id for c in containers]
    ctx.engine.set_quota(ids, None)  # a server on a share of a core would take seconds to write its buffers
    for container in containers:
        if container.tier == "db-primary":
            with suppress(LabError):  # it only saves time
                ctx.engine.run_in(container.id, ["db-stop"], timeout_s=10)
    ctx.engine.stop(ids)
    ctx.engine.remove(ids)


def take_all_down(ctx: Context, *, volumes: bool) -> tuple[list[Removed], list[str]]:
    """Remove every lab that the engine has; return what was removed, and why some were left."""
    removed, left = [], []
    for lab in all_labs(ctx):
        try:
            with exclusively(ctx, "down", lab=lab):
                removed.append(take_down(ctx, lab, volumes=volumes))
        except (LabBusy, BadInput) as error:
            left.append(error.message)
    return removed, left
