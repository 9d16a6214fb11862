"""Compare a plan with the engine's machine before anything starts: refuse what cannot work, warn of what would mislead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.errors import MachineNotReady
from lab.model.demand import REFERENCE
from lab.model.fit import Fit, fit
from lab.model.images import IMAGES, images_for, with_parents
from lab.model.topology import Topology
from lab.together import together
from lab.workflows.context import Context
from lab.workflows.find import running_lab


def require_fit(ctx: Context, topology: Topology, *, scenario: str = "") -> Fit:
    """Return how one topology fits, after warning of what would be host-bound.

    Args:
        scenario: the load that is going to be measured; empty when nothing is.

    Raises:
        MachineNotReady: memory or disk do not suffice; names need, have, and what to do.
    """
    return require_fits(ctx, {"": topology}, scenario=scenario)[""]


def require_fits(
    ctx: Context, topologies: Mapping[Any, Topology], *, factor: str = "", scenario: str = ""
) -> dict[Any, Fit]:
    """Return how each topology of a sweep fits, after warning of the host-bound ones.

    Args:
        factor: the option that varies; the keys of `topologies` are its values.
        scenario: the load that is going to be measured; empty when nothing is.

    Raises:
        MachineNotReady: memory or disk do not suffice for one of them.
    """
    names = with_parents({name for topology in topologies.values() for name in images_for(topology)})
    room, lab, there = together(
        ctx.surroundings.room,
        lambda: running_lab(ctx),
        lambda: ctx.images.inspect([IMAGES[name].reference for name in names]),
    )
    runs = lab.topology if lab and any(c.state == "running" for c in lab.containers) else None
    missing = [name for name in names if IMAGES[name].reference not in there]
    fits = {
        value: fit(
            topology,
            room,
            running=runs,
            missing_images=missing,
            scenario=scenario or REFERENCE,
            is_measured=bool(scenario),
        )
        for value, topology in topologies.items()
    }
    flag = factor.replace("_", "-")
    _refuse(fits, flag)
    _warn(ctx, fits, flag)
    return fits


def _refuse(fits: Mapping[Any, Fit], flag: str) -> None:
    lines, advice = [], ""
    for value, found in fits.items():
        lines += [f"{flag} {value}: {problem}" if flag else problem for problem in found.refused]
        advice = advice or found.advice
    if lines:
        raise MachineNotReady("This does not fit the engine's machine.\n" + "\n".join(lines), hint=advice)


def _warn(ctx: Context, fits: Mapping[Any, Fit], flag: str) -> None:
    bound = {value: found.host_bound for value, found in fits.items() if found.host_bound}
    if not bound:
        return
    first, why = next(iter(bound.items()))
    if flag:
        at = f"at {first}, " if len(bound) > 1 else ""
        what = f"{flag} {', '.join(map(str, bound))} would be host-bound on this machine: {at}{why}"
    else:
        what = f"host-bound on this machine: {why}"
    ctx.reporter.warn(
        f"{what}; the machine would be the limit, not a tier (lab doctor suggests a plan that fits)"
    )


def warn_of_power(ctx: Context) -> str | None:
    """Warn before a measurement on battery or with power saving; return the word that a run records."""
    power = ctx.surroundings.power()
    if power.warning:
        ctx.reporter.warn(power.warning)
    return power.word
