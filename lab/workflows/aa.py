"""`lab bench --aa`: the same configuration in pairs, as if it were two, to see what this machine calls a difference."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lab.model.counting import counting_ratio
from lab.model.measurement import Measurement
from lab.model.noise import floor_of, pair_logs, spread_of
from lab.model.point import point
from lab.model.run import Run
from lab.model.stats import interval
from lab.workflows.bench import BenchPlan, measure_block
from lab.workflows.context import Context
from lab.workflows.fitting import warn_of_power
from lab.workflows.measure import Progress
from lab.workflows.record import (
    keep,
    run_of_lab,
    speed_reference,
)

PAIRS: Final = 5
FLOOR_AT: Final = (1, 3, 5, 10)  # windows of each result for which the floor is printed
UNIT: Final = (
    "windows on one running lab; a fresh start of the lab adds its own spread, which this does not see"
)


def run_aa(ctx: Context, plan: BenchPlan, *, on_progress: Callable[[Progress], None]) -> tuple[Run, Path]:
    """Measure `repeat` pairs of windows; which of a pair is called A is drawn by lot.

    A window that was spoiled by something that passes is made again at once, as in a bench.
    """
    power = warn_of_power(ctx)
    chance = random.Random(plan.load.seed)  # noqa: S311 - an experiment's order, not a secret
    names: list[str] = []
    measurements: list[Measurement] = []
    ready: dict[str, Any] = {}
    for window in range(2 * plan.repeat):
        pair = 1 + window // 2
        if window % 2 == 0:
            names += chance.sample(["A", "B"], 2)
        found, ready = measure_block(ctx, plan, window + 1, on_progress)
        measurements += [replace(m, block=pair) for m in found]
    reference = speed_reference(ctx, measurements)
    label = f"{plan.topology.replicas} web"
    only = point(label, {}, plan.topology, measurements, host_bound=plan.fit.host_bound, reference=reference)
    run = run_of_lab(
        ctx,
        plan,
        what=f"{plan.topology.replicas}web-aa",
        ready=ready,
        reference=reference,
        power=power,
        kind="aa",
        name=plan.name,
        factor="",
        blocks=plan.repeat,
        points=(only,),
        procedure=aa_record(only.measurements, names),
    )
    return run, keep(ctx, run)


def aa_record(measurements: Sequence[Measurement], names: Sequence[str]) -> dict[str, Any]:
    """Return what an A/A run says of its pairs.

    Args:
        names: A or B of each window, two for each pair.
    """
    by_pair = {
        number: [m for m in measurements if m.block == number and m.is_valid]
        for number in dict.fromkeys(m.block for m in measurements)
    }
    rows, logs = [], []
    for number, pair in by_pair.items():
        order = "".join(names[2 * number - 2 : 2 * number])
        found = pair_logs(pair)
        if not found:
            rows.append({"pair": number, "order": order, "ratio": None})
            continue
        log = found[0] if order == "AB" else -found[0]
        logs.append(log)
        rows.append({"pair": number, "order": order, "ratio": round(math.exp(log), 5)})
    valid = [m for m in measurements if m.is_valid]
    least = math.sqrt(2) * counting_ratio(valid)  # a ratio of two of them
    return {
        "unit": UNIT,
        **_ratio_record(logs, least),
        **_floor_record(pair_logs(measurements)),
        "pairs": rows,
    }


def _ratio_record(logs: Sequence[float], least_spread: float) -> dict[str, Any]:
    found = interval(logs, least_spread=least_spread)
    if found is None or found.half_width is None:
        return {}
    low, high = found.mean - found.half_width, found.mean + found.half_width
    return {
        "ratio": round(math.exp(found.mean), 5),
        "low": round(math.exp(low), 5),
        "high": round(math.exp(high), 5),
        "holds_1": low <= 0 <= high,
    }


def _floor_record(logs: Sequence[float]) -> dict[str, Any]:
    if floor_of(logs, 1) is None:
        return {}
    floors = {f"{n} windows": round(floor_of(logs, n) or 0.0, 5) for n in FLOOR_AT}
    return {
        "pair_spread_ratio": round(spread_of(logs), 5),
        "noise_ratio": floors["1 windows"],
        "floor_ratio": floors,
    }
