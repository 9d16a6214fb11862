"""Whether the lab and the scenario of a kept run are the ones that are here now."""

from __future__ import annotations

from typing import Any

from lab.errors import LabNotRunning, NotComparable
from lab.model.run import Point, Run
from lab.model.scenario import Scenario
from lab.model.state import RunningLab
from lab.model.topology import Topology, options_of
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.record import scenario_record


def up_command(ctx: Context, topology: dict[str, Any]) -> str:
    """Return the command that starts a lab with these options."""
    name = "" if ctx.lab == "lab" else f" --lab {ctx.lab}"
    options = " ".join(f"--{key} {value}" for key, value in topology.items() if value != "")
    return f"lab up{name} {options}"


def same_lab(ctx: Context, of: Point) -> tuple[RunningLab, Topology]:
    """Return the running lab, if it has the topology of a point.

    Raises:
        LabNotRunning, NotComparable: with the command that starts it.
    """
    wanted = {key: value for key, value in of.topology.items() if key != "subnet"}
    command = up_command(ctx, wanted)
    lab = running_lab(ctx)
    if lab is None or not any(c.state == "running" for c in lab.containers) or lab.topology is None:
        raise LabNotRunning(f'No lab named "{ctx.lab}" is running.', hint=command)
    have = {key: value for key, value in options_of(lab.topology).items() if key in wanted}
    other = [
        f"{key} {have.get(key)}, in the run {value}"
        for key, value in wanted.items()
        if key != "stage" and have.get(key) != value
    ]
    if other:
        raise NotComparable(f'Lab "{ctx.lab}" is not the one of the run: {"; ".join(other)}', hint=command)
    return lab, lab.topology


def same_scenario(ctx: Context, run: Run) -> Scenario:
    """Return a run's scenario, if its files are still the same.

    Raises:
        BadInput, NotComparable: it is not there, or has changed.
    """
    name = str(run.scenario.get("name", ""))
    scenario = ctx.scenarios.load(name)
    if run.scenario.get("sha256") not in {None, scenario_record(scenario)["sha256"]}:
        raise NotComparable(f"The scenario {name} has changed since {run.id}.", hint=f"measure again: lab bench {name}")  # fmt: skip
    return scenario
