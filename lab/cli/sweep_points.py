"""From the words of `lab sweep` to its points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.cli.options import MAX_USERS
from lab.errors import BadInput
from lab.model.scenario import Scenario
from lab.model.sweep import expand, grid, is_range, setting_of
from lab.model.topology import Topology, options_of, resolve
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.measure import Load
from lab.workflows.record import scenario_record


def sweep_values(options: Mapping[str, Any], users: str | None) -> tuple[str, str, list[Any]]:
    """Return (the factor, the second factor or "", the values), from the words alone; with two factors, pairs.

    Raises:
        BadInput: no range, more than two, or one that cannot be read.
    """
    ranged = [key for key, value in options.items() if isinstance(value, str) and _varies(key, value)]
    if users is not None and is_range(users):
        ranged.append("users")
    if not 1 <= len(ranged) <= 2:
        what = "no option has several values" if not ranged else f"several do: {', '.join(ranged)}"
        raise BadInput(
            f"a sweep varies one option or two; {what}",
            hint="for example --replicas 1,2,4, or --replicas 1,2,4 --cache off,aside",
        )
    found = {key: _values(key, users if key == "users" else str(options[key])) for key in ranged}
    if len(ranged) == 1:
        return ranged[0], "", found[ranged[0]]
    first, second = sorted(ranged, key=lambda key: isinstance(found[key][0], str))  # numbers on the axis
    return first, second, list(grid(found[first], found[second]))


def _values(key: str, words: str | None) -> list[Any]:
    values = list(expand(key, words or ""))
    if key == "users" and not all(isinstance(v, int) and 1 <= v <= MAX_USERS for v in values):
        raise BadInput(f"--users: must be whole numbers from 1 to {MAX_USERS}; got {words!r}")
    return values


def _varies(key: str, value: str) -> bool:
    return key not in {"port", "app"} and is_range(value)


def sweep_points(
    ctx: Context,
    options: Mapping[str, Any],
    where: Mapping[str, str],
    factors: tuple[str, str],
    values: Sequence[Any],
) -> dict[Any, Topology]:
    """Return the topology of each value; options that are not given come from the running one, else the default.

    Raises:
        BadInput: an impossible point.
    """
    fixed = {key: value for key, value in options.items() if key not in {"port", "app", *factors}}
    points = {}
    for value in values:
        setting = {k: v for k, v in setting_of(value, *factors).items() if k != "users"}
        points[value] = _start(ctx, {**fixed, **setting}, where)
    return points


def _start(ctx: Context, given: Mapping[str, Any], where: Mapping[str, str]) -> Topology:
    if "stage" in given:
        return resolve(given, source=where)
    lab = running_lab(ctx)
    running = lab.topology if lab else None
    if running is None:
        return resolve(given, source=where)
    options = {key.replace("-", "_"): value for key, value in options_of(running).items()}
    if given.get("replicas", 1) != 1 and options["balance"] == "none":
        raise BadInput(
            "--replicas: the running lab has no balancer (--balance none)",
            hint="add --stage balanced, or --balance leastconn",
        )
    return resolve({**options, **given}, source=where)


def asked_words(
    scenario: Scenario, options: Mapping[str, Any], users: str | None, load: Load, **others: object
) -> dict[str, Any]:
    """Return what a sweep is asked for, by the option's name: to be repeated when it is resumed."""
    return {
        "scenario": scenario.name,
        "scenario's files": scenario_record(scenario)["sha256"],
        **{key: value for key, value in options.items() if key not in {"port", "app"}},
        "users": users,
        "duration": load.duration_s,
        "seed": load.seed,
        **others,
    }
