"""Find running labs. State lives in container labels, so any process of any later day finds the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from lab.errors import BadInput, LabNotRunning
from lab.model.state import LABEL_ROLE, LABEL_TOPOLOGY, Container, RunningLab
from lab.model.topology import Topology, resolve
from lab.workflows.context import Context
from lab.workflows.exclusive import refuse_foreign

TIERS: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")


def measured_containers(lab: RunningLab) -> list[Container]:
    """Return the running containers of the tiers."""
    return [c for tier in TIERS for c in lab.tier(tier) if c.state == "running"]


def topology_of(containers: Sequence[Container]) -> Topology | None:
    """Return the topology that a lab was last started with, from its label; None when it has none we can read."""
    text = next((c.labels[LABEL_TOPOLOGY] for c in containers if c.labels.get(LABEL_TOPOLOGY)), "")
    try:
        given = json.loads(text)
        return resolve(given) if isinstance(given, dict) else None
    except (ValueError, RecursionError, BadInput):  # written by another version, or by somebody else
        return None


def running_lab(ctx: Context) -> RunningLab | None:
    """Return the context's lab, or None when it has no container."""
    carriers = ctx.engine.containers(ctx.lab)
    found = [c for c in carriers if not c.labels.get(LABEL_ROLE) and not c.oddity]
    if not found:
        return None
    return RunningLab(
        name=ctx.lab,
        containers=found,
        topology=topology_of(found),
        strangers=[c for c in carriers if c.oddity],
    )


def own_web_image(lab: RunningLab | None) -> str | None:
    """Return the image of a lab that runs a learner's own app (`--app`), else None."""
    from lab.tiers.base import IMAGE_PREFIX

    web = lab.container("web-1") if lab else None
    return web.image if web and web.image.startswith(f"{IMAGE_PREFIX}/app:") else None


def need_running_lab(ctx: Context) -> RunningLab:
    """Return the context's lab.

    Raises:
        LabNotRunning: with the command to type.
        BadInput: the name belongs to a compose project of somebody else.
    """
    found = running_lab(ctx)
    if found is None:
        refuse_foreign(ctx, ctx.lab)
    if found is None or not any(c.state == "running" for c in found.containers):
        name = "" if ctx.lab == "lab" else f" --lab {ctx.lab}"
        raise LabNotRunning(f'No lab named "{ctx.lab}" is running.', hint=f"lab up{name}")
    return found


def all_labs(ctx: Context, carriers: Sequence[Container] | None = None) -> dict[str, list[Container]]:
    """Return every lab's containers by lab name: leftovers of killed runs and labs of which only data is left, too.

    Args:
        carriers: every container with the lab's label, where they are known already.
    """
    labs: dict[str, list[Container]] = {name: [] for name in ctx.engine.lab_names()}
    for container in ctx.engine.containers() if carriers is None else carriers:
        if not container.oddity:
            labs.setdefault(container.lab, []).append(container)
    return dict(sorted(labs.items()))


def as_document(lab: RunningLab) -> dict[str, Any]:
    """Return a lab as a JSON document (`lab.status/1`)."""
    from lab.model.topology import options_of

    return {
        "schema": "lab.status/1",
        "lab": lab.name,
        "url": f"http://127.0.0.1:{lab.host_port}/" if lab.host_port else None,
        "topology": options_of(lab.topology) if lab.topology else None,
        "containers": [
            {
                "service": c.service,
                "tier": c.tier,
                "state": c.state,
                "health": c.health or None,
                "name": c.name,
            }
            for c in sorted(lab.containers, key=lambda c: c.service)
        ],
    }
