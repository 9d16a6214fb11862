"""What a sweep is going to do, checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lab.errors import BadInput
from lab.model.fit import Fit
from lab.model.precision import Budget
from lab.model.scenario import Scenario
from lab.model.sweep import Visit, label_of, setting_of, visits
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
        values: of the factor; with a second factor, pairs.
        topologies: the complete topology of each value.
        fits: how each value's topology fits the machine.
        blocks: exactly so many; with a precision, the pilot.
        order: every visit that may be made, block after block.
        before: the topology to go back to; None when no lab ran.
        restore: go back to how it was, running or not, at the end.
        web_image: a learner's own app (`--app`) that the running lab has.
        second_factor: the other option that varies; empty when only one does.
        precision: half-width / mean to reach; None = exactly `blocks`.
        max_time_s: no block is begun that would end later; None = no limit.
        asked: the words of the command, which a resumed sweep must repeat; empty = it cannot be resumed.
        command: the command line, to show how to resume.
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
    second_factor: str = ""
    precision: float | None = None
    max_time_s: float | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    @property
    def budget(self) -> Budget:
        """Return how many blocks it may make."""
        return Budget(blocks=self.blocks, precision=self.precision, max_time_s=self.max_time_s)

    @property
    def block_s(self) -> float:
        """Return the seconds that one block is expected to take."""
        return len(self.values) * (self.load.total_s + CHANGE_S)

    @property
    def expected_s(self) -> float:
        """Return the seconds that its blocks will take, with a precision those of the pilot."""
        return self.blocks * self.block_s

    def label(self, value: Any) -> str:  # noqa: ANN401 - a value of any option
        """Return a point's label."""
        return label_of(value, self.second_factor)

    def setting(self, value: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the options that make a point."""
        return setting_of(value, self.factor, self.second_factor)

    def load_of(self, visit: Visit) -> Load:
        """Return the load of one visit: a seed of its own for each block, and the users where they vary."""
        load = replace(self.load, seed=self.load.seed + visit.block)
        users = self.setting(visit.value).get("users")
        return load if users is None else replace(load, users=users)


def plan_sweep(  # noqa: PLR0913 - a value object's parts
    ctx: Context,
    scenario: Scenario,
    load: Load,
    *,
    factor: str,
    topologies: Mapping[Any, Topology],
    blocks: int,
    name: str | None = None,
    restore: bool = True,
    second_factor: str = "",
    precision: float | None = None,
    max_time_s: float | None = None,
) -> SweepPlan:
    """Check every point before anything starts.

    Args:
        restore: go back to the topology that runs now when the sweep ends.

    Raises:
        BadInput: a point cannot run the scenario, the name is taken, or the time is too short.
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
    budget = Budget(blocks=blocks, precision=precision, max_time_s=max_time_s)
    budget.require_time(len(values) * (load.total_s + CHANGE_S))
    labels = {label_of(value, second_factor): value for value in values}
    fits = require_fits(
        ctx,
        {label: topologies[value] for label, value in labels.items()},
        factor=factor,
        scenario=scenario.name,
    )
    return SweepPlan(
        scenario=scenario,
        load=load,
        factor=factor,
        values=values,
        topologies=topologies,
        fits={value: fits[label] for label, value in labels.items()},
        blocks=blocks,
        order=visits(values, budget.most_blocks, load.seed),
        before=lab.topology if lab else None,
        restore=restore,
        web_image=own_web_image(lab),
        is_data_changed=may_be_changed(ctx, lab),
        name=name,
        second_factor=second_factor,
        precision=precision,
        max_time_s=max_time_s,
    )
