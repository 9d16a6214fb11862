"""From the words of `lab sweep` to its points, and its run on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.cli.measuring import finish, progress_bar
from lab.cli.options import MAX_USERS
from lab.cli.topology import confirm
from lab.errors import BadInput
from lab.model.run import Measurement
from lab.model.sweep import Visit, expand, is_range
from lab.model.topology import Topology, options_of, resolve
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.sweep import run_sweep
from lab.workflows.sweep_plan import SweepPlan


def sweep_values(options: Mapping[str, Any], users: str | None) -> tuple[str, list[Any]]:
    """Return (the factor, its values), from the words alone.

    Raises:
        BadInput: no range, several ranges, or one that cannot be read.
    """
    ranged = [key for key, value in options.items() if isinstance(value, str) and _varies(key, value)]
    if users is not None and is_range(users):
        ranged.append("users")
    if len(ranged) != 1:
        what = "no option has several values" if not ranged else f"several do: {', '.join(ranged)}"
        raise BadInput(
            f"a sweep varies one option; {what}", hint="for example --replicas 1,2,4 or --stage single..full"
        )
    factor = ranged[0]
    if factor != "users":
        return factor, list(expand(factor, str(options[factor])))
    values = list(expand("users", users or ""))
    if not all(isinstance(value, int) and 1 <= value <= MAX_USERS for value in values):
        raise BadInput(f"--users: must be whole numbers from 1 to {MAX_USERS}; got {users!r}")
    return factor, values


def _varies(key: str, value: str) -> bool:
    return key not in {"port", "app"} and is_range(value)


def sweep_points(
    ctx: Context,
    options: Mapping[str, Any],
    where: Mapping[str, str],
    factor: str,
    values: Sequence[Any],
) -> dict[Any, Topology]:
    """Return the topology of each value; options that are not given come from the running one, else the default.

    Raises:
        BadInput: an impossible point.
    """
    fixed = {key: value for key, value in options.items() if key not in {"port", "app", factor}}
    if factor == "users":
        return dict.fromkeys(values, _start(ctx, fixed, where))
    return {value: _start(ctx, {**fixed, factor: value}, where) for value in values}


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


def run_and_show(ctx: Context, plan: SweepPlan, *, yes: bool) -> None:
    """Say what is going to happen, ask if data would be lost, measure, print the curve."""
    count = len(plan.order)
    ctx.reporter.info(
        f"{plan.scenario.name} over {plan.factor.replace('_', '-')} = {', '.join(map(str, plan.values))}: {count} windows of"
        f" {plan.load.duration_s:g} s in {plan.blocks} blocks, about {plan.expected_s / 60:.0f} min"
    )
    if plan.is_data_changed:
        confirm(
            f'The data of lab "{ctx.lab}" was changed; the sweep puts it back to the original. Go on?',
            yes=yes,
        )

    def on_visit(number: int, visit: Visit, measurement: Measurement | None) -> None:
        if measurement is None:
            ctx.reporter.info(
                f"[bold]{number}/{count}[/] {plan.factor.replace('_', '-')} {visit.value}, block {visit.block}{', again' if visit.attempt > 1 else ''}"
            )
            return
        verdict = "VALID" if measurement.is_valid else f"INVALID: {'; '.join(measurement.problems)}"
        verdict += "; it is measured again at the end of its block" if measurement.repeated else ""
        ctx.reporter.info(
            f"     {measurement.throughput_rps:.1f} req/s · p95 {measurement.latency.p95_ms:.0f} ms ·"
            f" {measurement.failures} of {measurement.requests:,} failed · {verdict}"
        )

    with progress_bar(plan.scenario.name) as on_progress:
        run, folder = run_sweep(ctx, plan, on_progress=on_progress, on_visit=on_visit)
    finish(run, folder)
