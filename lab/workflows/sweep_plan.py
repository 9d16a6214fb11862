"""What a sweep is going to do, checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.errors import BadInput
from lab.model.fit import Fit
from lab.model.scenario import Scenario
from lab.model.sweep import Visit, visits
from lab.model.topology import Topology
from lab.workflows.bench import require_free_name, require_tiers
from lab.workflows.context import Context
from lab.workflows.find import own_web_image, running_lab
from lab.workflows.fitting import require_fits
from lab.workflows.measure import Load
from lab.workflows.reset import may_be_changed

CHANGE_S: Final = 12.0  # one change of topology with its data restored, measured on two cores


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What a sweep is going to do.

    Attributes:
        factor: the option that varies, or `users`.
        topologies: the complete topology of each value.
        fits: how each value's topology fits the machine.
        before: the topology to go back to; None when no lab ran.
        restore: go back to how it was, running or not, at the end.
        web_image: a learner's own app (`--app`) that the running lab has.
    """

    scenario: Scenario
    load: Load
    factor: str
    values: Sequence[Any]
    topologies: Mapping[Any, Topology]
    fits: Mapping[Any, Fit]
    blocks: int
    order: Sequence[Visit]
    before: Topology | None
    restore: bool
    web_image: str | None
    is_data_changed: bool
    name: str | None

    @property
    def expected_s(self) -> float:
        """Return the seconds it will take."""
        return len(self.order) * (self.load.total_s + CHANGE_S)


def plan_sweep(
    ctx: Context,
    scenario: Scenario,
    load: Load,
    *,
    factor: str,
    topologies: Mapping[Any, Topology],
    blocks: int,
    name: str | None = None,
    restore: bool = True,
) -> SweepPlan:
    """Check every point before anything starts.

    Args:
        restore: go back to the topology that runs now when the sweep ends.

    Raises:
        BadInput: a point cannot run the scenario, or the name is taken.
        MachineNotReady: the machine has no room for one of the points.
    """
    if not topologies:
        raise BadInput("a sweep needs one option with several values", hint="for example --replicas 1,2,4")
    for topology in topologies.values():
        require_tiers(scenario, topology)
    require_free_name(ctx, name)
    lab = running_lab(ctx)
    if lab is not None and lab.topology is None:
        raise BadInput(f'lab "{ctx.lab}" was started by another version', hint="lab down; lab up")
    values = list(topologies)
    return SweepPlan(
        scenario=scenario,
        load=load,
        factor=factor,
        values=values,
        topologies=topologies,
        fits=require_fits(ctx, topologies, factor=factor, scenario=scenario.name),
        blocks=blocks,
        order=visits(values, blocks, load.seed),
        before=lab.topology if lab else None,
        restore=restore,
        web_image=own_web_image(lab),
        is_data_changed=may_be_changed(ctx, lab),
        name=name,
    )
