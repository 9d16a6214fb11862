"""What a search for capacity is going to try, checked before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lab.errors import BadInput
from lab.model.scenario import Scenario
from lab.model.slo import Slo
from lab.model.topology import Topology
from lab.workflows.bench import require_free_name, require_tiers
from lab.workflows.context import Context
from lab.workflows.find import need_running_lab, own_web_image
from lab.workflows.fitting import require_fits
from lab.workflows.measure import Load


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """What is searched for.

    Attributes:
        load: an open one; its rate is set for each window.
        rates_rps: actions a second at which the fewest replicas are searched; empty = search the highest rate.
        topologies: the running one, or one for each number of replicas, by that number.
        deadline_s: no window is begun that would end later, in seconds from the start; None = no limit.
    """

    scenario: Scenario
    load: Load
    slo: Slo
    rates_rps: Sequence[float]
    topologies: dict[int, Topology]
    before: Topology
    web_image: str | None
    name: str | None
    deadline_s: float | None


def plan_capacity(
    ctx: Context,
    scenario: Scenario,
    load: Load,
    slo: Slo,
    *,
    rates_rps: Sequence[float] = (),
    replicas: Sequence[int] = (),
    name: str | None = None,
    deadline_s: float | None = None,
) -> CapacityPlan:
    """Check that the search can run, on the lab that runs.

    Raises:
        LabNotRunning: no lab.
        BadInput: the name is taken, or the topology lacks a tier.
        MachineNotReady: no memory for one of the topologies.
    """
    lab = need_running_lab(ctx)
    if lab.topology is None:
        raise BadInput(f'lab "{ctx.lab}" was started by another version', hint="lab down; lab up")
    if len(replicas) > 1 and lab.topology.balance == "none":
        raise BadInput(
            "--replicas: the running lab has no balancer (--balance none)", hint="lab up --stage balanced"
        )
    topologies = {n: replace(lab.topology, replicas=n) for n in replicas or [lab.topology.replicas]}
    require_tiers(scenario, lab.topology)
    require_free_name(ctx, name)
    require_fits(ctx, topologies, factor="replicas" if replicas else "", scenario=scenario.name)
    return CapacityPlan(
        scenario=scenario,
        load=load,
        slo=slo,
        rates_rps=rates_rps,
        topologies=topologies,
        before=lab.topology,
        web_image=own_web_image(lab),
        name=name,
        deadline_s=deadline_s,
    )
