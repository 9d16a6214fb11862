"""What bringing a lab to a topology is going to change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lab.errors import BadInput, MachineNotReady
from lab.model.doctor import version_tuple
from lab.model.images import images_for
from lab.model.plan import quota_cores
from lab.model.state import LABEL_LAB, LABEL_SPEC, LABEL_TIER, LABEL_TOPOLOGY, Change, RunningLab, difference
from lab.model.topology import Topology, options_of
from lab.render.compose import Bundle, render
from lab.render.older import START_INTERVAL_API
from lab.tiers.base import image
from lab.together import together
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.fitting import require_fit
from lab.workflows.images import ensure_images, image_states
from lab.workflows.mend import half_made

FIRST_PORT: Final = 8080
PORT_TRIES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `up` is going to do."""

    topology: Topology
    bundle: Bundle
    specs: Mapping[str, str]
    change: Change
    before: RunningLab | None
    ports: Sequence[int]

    @property
    def is_fresh(self) -> bool:
        """Say whether nothing of this lab runs yet."""
        return self.before is None or not any(c.state == "running" for c in self.before.containers)


def make_ready(ctx: Context, topology: Topology) -> None:
    """Check that a topology fits the engine's machine, and build the images that it lacks.

    Raises:
        MachineNotReady: memory or disk do not suffice, or no engine answers.
        ImageBuildFailed: a build failed; what was finished before stays.
    """
    names = images_for(topology)
    _, states = together(lambda: require_fit(ctx, topology), lambda: image_states(names, ctx.images))
    ensure_images(names, ctx, states)


def images_of(topology: Topology, web_image: str | None = None) -> list[str]:
    """Return the image references that a topology needs, the measuring container's included."""
    own = {"web": web_image} if web_image else {}
    return [own.get(name) or image(name) for name in images_for(topology)]


def _spec(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def plan_up(
    ctx: Context, topology: Topology, *, port: int | None = None, web_image: str | None = None
) -> Plan:
    """Compare the wanted topology with what runs.

    Raises:
        MachineNotReady: an image is missing, or no engine answers.
        BadInput: another subnet than the running lab's.
    """
    references = images_of(topology, web_image)
    ids, before, spoken = together(
        lambda: ctx.engine.image_ids(references), lambda: running_lab(ctx), ctx.engine.api_version
    )
    missing = [reference for reference in references if reference not in ids]
    if missing:
        raise MachineNotReady(f"Images are missing: {', '.join(missing)}.", hint="lab images build")
    if left := half_made(before):
        ctx.engine.remove(left)
        before = running_lab(ctx)
    topology = _keep_subnet(topology, before)
    known = version_tuple(spoken) >= START_INTERVAL_API
    bundle = render(topology, web_image=web_image, start_interval=known)
    specs = {service.name: _spec(service.spec, ids[service.image]) for service in bundle.services}
    change = difference(specs, before.containers if before else ())
    kept = before.host_port if before else None
    if port is not None and kept is not None and port != kept:
        change = Change(
            add=change.add,
            replace=tuple({*change.replace, topology.entry} - set(change.add)),
            remove=change.remove,
            keep=tuple(name for name in change.keep if name != topology.entry),
        )
    first = port or kept or FIRST_PORT
    ports = [first] if port else list(range(first, first + PORT_TRIES))
    return Plan(topology=topology, bundle=bundle, specs=specs, change=change, before=before, ports=ports)


def _keep_subnet(topology: Topology, before: RunningLab | None) -> Topology:
    have = before.topology.subnet if before and before.topology else None
    if have is None or topology.subnet == have:
        return topology
    if not topology.subnet:
        return replace(topology, subnet=have)
    raise BadInput(
        f"--subnet: a running lab keeps its networks ({have or 'chosen by the engine'}); got {topology.subnet!r}",
        hint="lab down, then lab up again",
    )


def overlay(plan: Plan, lab: str) -> dict[str, Any]:
    """Return what a lab's containers have beyond its file: labels that make it findable, and a start without limits.

    The labels: whose it is, its tier, and what it was started from.
    """
    services: dict[str, Any] = {}
    for service in plan.bundle.services:
        labels = {LABEL_LAB: lab, LABEL_TIER: service.tier, LABEL_SPEC: plan.specs[service.name]}
        if service.name == "credentials":
            labels[LABEL_TOPOLOGY] = json.dumps(
                {key.replace("-", "_"): value for key, value in options_of(plan.topology).items()}
            )
        services[service.name] = {"labels": labels}
        if quota_cores(plan.topology, service.tier) is not None:
            services[service.name]["cpu_quota"] = -1  # no limit until all serve: see lab.workflows.starting
    owned = {"labels": {LABEL_LAB: lab}}
    return {
        "services": services,
        "networks": dict.fromkeys(("edge", "web", "data"), owned),
        "volumes": dict.fromkeys(plan.bundle.volumes, owned),
    }
