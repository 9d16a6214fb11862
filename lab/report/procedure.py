"""How it was measured: load, order, acceptance; and the one sentence that every figure carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.model.measurement import Measurement
from lab.model.run import Run
from lab.model.stats import mean
from lab.report.disclosure import NOT_RECORDED, SHARED, flat, quota_rows
from lab.report.facts import counts
from lab.report.numbers import duration, percent, plain, short
from lab.report.procedure_words import label, value_words
from lab.report.tiers import tier_uses


def _think(load: Mapping[str, Any]) -> str:
    if load.get("model") == "open":
        return "none"
    value = load.get("think_s")
    if value is None:
        return NOT_RECORDED
    return "none" if value == 0 else f"{short(float(value))} s"


def _seconds(load: Mapping[str, Any], key: str) -> str:
    value = load.get(key)
    return duration(float(value)) if isinstance(value, int | float) else NOT_RECORDED


def _model(load: Mapping[str, Any]) -> str:
    model = str(load.get("model", NOT_RECORDED))
    words = {
        "closed": "closed loop: a user waits for its answer",
        "open": "open loop: starts are planned, whatever the lab does",
    }
    return words.get(model, model)


def users_words(run: Run) -> str:
    """Return how much load: `64 users`, `30 actions a second`, or that it varies."""
    rate = run.load.get("rate_rps")
    if run.factor in {"users", "rate"}:
        return "varies, see the curve"
    if run.load.get("model") == "open" and isinstance(rate, int | float):
        return f"{short(float(rate))} actions a second"
    users = run.load.get("users")
    return NOT_RECORDED if users is None else f"{users} users"


def load_rows(run: Run) -> list[tuple[str, str]]:
    """Return the load, the order of measurements and how they were accepted."""
    load, every = run.load, [m for point in run.points for m in point.measurements]
    valid, total = counts(run)
    windows = " / ".join(_seconds(load, key) for key in ("ramp_s", "warmup_s", "duration_s"))
    order = f"{run.blocks} blocks, each with every setting once in random order, seed {run.seed}"
    rows = [
        ("load model", _model(load)),
        ("load", users_words(run)),
        ("think time", _think(load)),
        ("ramp / warm-up / window", windows + (", caches cold" if load.get("cold") else "")),
        (
            "blocks and order",
            order if run.factor else f"{run.blocks} window{'s' if run.blocks != 1 else ''}, seed {run.seed}",
        ),
        ("measurements", f"{total}, of which {total - valid} INVALID and left out of every figure"),
        ("load generator's CPU", _mean_and(run, "generator_cpu_ratio", max, "at most", " of one core")),
        ("load generator's processes", _processes(every)),
        (
            "CPU of everything that watches",
            _mean_and(run, "collectors_cpu_ratio", max, "at most", " of one core"),
        ),
        ("machine idle", _mean_and(run, "host_idle_ratio", min, "at least")),
        ("CPU taken by neighbours (steal)", _mean_and(run, "host_steal_ratio", max, "at most")),
        ("unit of work", _work(run)),
        ("CPU of a request", demand_words(run) or NOT_RECORDED),
        (
            "what is real",
            "every tier is the real software and measured; nothing is emulated or modelled in this report",
        ),
    ]
    return [
        *rows,
        *(
            (label(key), value_words(key, value))
            for key, value in flat(run.procedure)
            if not isinstance(value, list)
        ),
    ]


def _processes(every: Sequence[Measurement]) -> str:
    return str(max((m.generator_processes for m in every), default=0) or NOT_RECORDED) + " (at most)"


def _values(run: Run, field: str) -> list[float]:
    return [
        float(v) for point in run.points for m in point.measurements if (v := getattr(m, field)) is not None
    ]


def _mean_and(run: Run, field: str, pick: Callable[[list[float]], float], words: str, unit: str = "") -> str:
    values = _values(run, field)
    return (
        f"{percent(mean(values))}{unit} on average, {percent(pick(values))} {words}"
        if values
        else NOT_RECORDED
    )


def demand_words(run: Run) -> str:
    """Return what a request costs each tier in CPU, over the valid measurements; empty when nothing is known.

    Source: utilisation law, demand = CPU seconds used / requests answered.
    """
    found: dict[str, list[float]] = {}
    for m in (m for point in run.points for m in point.valid if m.throughput_rps > 0):
        for use in tier_uses([m]):
            found.setdefault(use.tier, []).append(1000 * use.cpu_cores / m.throughput_rps)
    return ", ".join(f"{tier} {plain(mean(values))} ms" for tier, values in found.items())


def _work(run: Run) -> str:
    values = [m.work_ms for point in run.points for m in point.measurements if m.work_ms is not None]
    if not values:
        return NOT_RECORDED
    return f"{plain(mean(values))} ms of CPU for the fixed PHP work in each page ({plain(min(values))} to {plain(max(values))} ms: the machine's speed drifts)"


def caption(run: Run) -> str:
    """Return everything that a figure must disclose, in one line, to stand below each.

    Source: facts on measuring, what must be disclosed on every figure: machine, quotas and periods, the unit of work,
    load, windows and order, load generator, machine's idle and steal, rejected measurements, what is shared and real.
    """
    env, load = run.environment, run.load
    valid, total = counts(run)
    machine = (
        f"{env.get('cpu_model') or 'CPU ' + NOT_RECORDED}, {env.get('cores', '?')} cores, kernel {env.get('kernel') or NOT_RECORDED},"
        f" cgroup v{env.get('cgroup_version', '?')}"
    )
    quotas = ", ".join(f"{tier} {share}" for tier, _, share in quota_rows(run) if "no limit" not in share)
    work = [m.work_ms for point in run.points for m in point.valid if m.work_ms]
    parts = [
        "Measured on the real software, nothing emulated or modelled",
        machine,
        f"CPU quotas: {quotas or NOT_RECORDED}",
        f"{load.get('model', '?')} load, {users_words(run)}, think time {_think(load)}",
        f"unit of work {plain(mean(work))} ms" if work else "unit of work not recorded",
        f"windows of {_seconds(load, 'duration_s')}, {run.blocks} block{'s' if run.blocks != 1 else ''}, order seed {run.seed}",
        _ends(run),
        f"{total - valid} of {total} measurements rejected",
        SHARED,
    ]
    return " · ".join(part for part in parts if part) + "."


def _ends(run: Run) -> str:
    said = []
    for field, pick, words in (
        ("generator_cpu_ratio", max, "load generator at most {} of a core"),
        ("host_idle_ratio", min, "machine idle at least {}"),
        ("host_steal_ratio", max, "steal at most {}"),
    ):
        values = _values(run, field)
        if values:
            said.append(words.format(percent(pick(values))))
    return ", ".join(said)
