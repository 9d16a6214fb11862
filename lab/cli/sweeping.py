"""From the words of `lab sweep` to its points, and its run on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.cli.measuring import finish, progress_bar
from lab.cli.options import MAX_USERS, whole
from lab.cli.topology import confirm
from lab.errors import BadInput
from lab.model.plan import host_bound
from lab.model.run import Measurement
from lab.model.sweep import Visit, expand, is_range
from lab.model.topology import Topology, options_of, resolve
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.sweep import SweepPlan, run_sweep


def sweep_points(
    ctx: Context, options: Mapping[str, Any], where: Mapping[str, str], users: str | None
) -> tuple[str, dict[Any, Topology], int | None]:
    """Return (the factor, the topology of each of its values, the fixed number of users).

    Options that are not given come from the running topology, else from the default one.

    Raises:
        BadInput: no range, several ranges, or an impossible point.
    """
    base = {key: value for key, value in options.items() if key not in {"port", "app"}}
    ranged = [key for key, value in base.items() if isinstance(value, str) and is_range(value)]
    if users is not None and is_range(users):
        ranged.append("users")
    if len(ranged) != 1:
        what = "no option has several values" if not ranged else f"several do: {', '.join(ranged)}"
        raise BadInput(
            f"a sweep varies one option; {what}", hint="for example --replicas 1,2,4 or --stage single..full"
        )
    factor = ranged[0]
    fixed = {key: value for key, value in base.items() if key != factor}
    if factor == "users":
        values = expand("users", users or "")
        if not all(isinstance(value, int) and 1 <= value <= MAX_USERS for value in values):
            raise BadInput(f"--users: must be whole numbers from 1 to {MAX_USERS}; got {users!r}")
        topology = _start(ctx, fixed, where)
        return factor, dict.fromkeys(values, topology), None
    points = {
        value: _start(ctx, {**fixed, factor: value}, where) for value in expand(factor, str(base[factor]))
    }
    return factor, points, whole("--users", users, 1, MAX_USERS) if users is not None else None


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


def _warn_of_host_bound_points(ctx: Context, plan: SweepPlan) -> None:
    machine = ctx.engine.machine()
    for value, topology in plan.topologies.items():
        why = host_bound(topology, cores=machine.cores, memory_bytes=machine.memory_bytes)
        if why:
            ctx.reporter.warn(f"{plan.factor.replace('_', '-')} {value} is host-bound on this machine: {why}")


def run_and_show(ctx: Context, plan: SweepPlan, *, yes: bool) -> None:
    """Say what is going to happen, ask if data would be lost, measure, print the curve."""
    count = len(plan.order)
    ctx.reporter.info(
        f"{plan.scenario.name} over {plan.factor.replace('_', '-')} = {', '.join(map(str, plan.values))}: {count} windows of"
        f" {plan.load.duration_s:g} s in {plan.blocks} blocks, about {plan.expected_s / 60:.0f} min"
    )
    _warn_of_host_bound_points(ctx, plan)
    if plan.is_data_changed:
        confirm(
            f'The data of lab "{ctx.lab}" was changed; the sweep puts it back to the original. Go on?',
            yes=yes,
        )

    def on_visit(number: int, visit: Visit, measurement: Measurement | None) -> None:
        if measurement is None:
            ctx.reporter.info(
                f"[bold]{number}/{count}[/] {plan.factor.replace('_', '-')} {visit.value}, block {visit.block}"
            )
            return
        verdict = "VALID" if measurement.is_valid else f"INVALID: {'; '.join(measurement.problems)}"
        ctx.reporter.info(
            f"     {measurement.throughput_rps:.1f} req/s · p95 {measurement.latency.p95_ms:.0f} ms ·"
            f" {measurement.failures} of {measurement.requests:,} failed · {verdict}"
        )

    with progress_bar(plan.scenario.name) as on_progress:
        run, folder = run_sweep(ctx, plan, on_progress=on_progress, on_visit=on_visit)
    finish(run, folder)
