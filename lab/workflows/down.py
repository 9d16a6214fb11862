"""Remove a lab: its containers, networks and, on request, its volumes. Only what carries its labels."""

from __future__ import annotations

from dataclasses import dataclass

from lab.workflows.context import Context
from lab.workflows.find import all_labs


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What `down` removed."""

    lab: str
    containers: int
    volumes: bool


def take_down(ctx: Context, lab: str, *, volumes: bool) -> Removed:
    """Remove one lab; removing one that is not there is no error."""
    found = ctx.engine.containers(lab)
    with ctx.reporter.step(f'removing lab "{lab}"', expected_s=4):
        ctx.engine.remove([c.id for c in found if not c.labels.get("com.docker.compose.project")])
        ctx.compose.down(lab, volumes=volumes)
    return Removed(lab=lab, containers=len(found), volumes=volumes)


def take_all_down(ctx: Context, *, volumes: bool) -> list[Removed]:
    """Remove every lab that the engine has."""
    return [take_down(ctx, lab, volumes=volumes) for lab in all_labs(ctx)]
