"""The processes of the load generator: how many, decided before each window, and learned from the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lab.model.generator import after, allowed, at_rate

if TYPE_CHECKING:
    from lab.model.measurement import Measurement
    from lab.workflows.context import Context
    from lab.workflows.measure import Load


@dataclass(slots=True)
class Generators:
    """What one command has learned: a number that one window needed is kept for all that follow."""

    at_least: int = 1


def processes_for(ctx: Context, load: Load) -> int:
    """Return how many processes shall make a load."""
    expected = 1 if load.rate_rps is None else at_rate(load.rate_rps, ctx.surroundings.ceiling_rps())
    needed = max(ctx.generators.at_least, expected)
    return 1 if needed == 1 else min(needed, _allowed(ctx, load))


def learned(ctx: Context, load: Load, found: Measurement) -> Measurement:
    """Mark a window whose busiest process had no room as to be made again, with more processes, if there can be more."""
    cores = found.generator_cpu_cores or found.generator_cpu_ratio
    needed = after(found.generator_cpu_ratio, cores, found.generator_processes)
    if needed == found.generator_processes or any(said.startswith("machine:") for said in found.problems):
        return found  # where the machine had no room, more processes find none
    needed = min(needed, _allowed(ctx, load))
    if needed <= found.generator_processes:
        return found
    ctx.generators.at_least = needed
    ctx.reporter.warn(
        f"The load generator used {found.generator_cpu_ratio:.0%} of a core with {found.generator_processes}"
        f" {'process' if found.generator_processes == 1 else 'processes'}: from now on it has {needed}."
    )
    said = [problem for problem in found.problems if problem.startswith("load generator: used")]
    return replace(found, spoiled=[*found.spoiled, *said])


def _allowed(ctx: Context, load: Load) -> int:
    return allowed(ctx.engine.machine().cores, users=load.users if load.rate_rps is None else None)
