"""Make a run out of measurements and keep it."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from lab import __version__, assets
from lab.model.measurement import Measurement
from lab.model.run import Run, to_document
from lab.model.scenario import Scenario
from lab.model.speed import Reference, reference_of
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.find import own_web_image
from lab.workflows.measure import Load
from lab.workflows.up_plan import images_of


def new_run_id(ctx: Context, scenario: Scenario, what: str) -> str:
    """Return an id that sorts by time and says what it is."""
    stamp = datetime.fromtimestamp(ctx.clock.now_s(), tz=UTC).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{scenario.name}-{what}"


def iso_now(ctx: Context) -> str:
    """Return the time as ISO 8601 in UTC, whole seconds."""
    return datetime.fromtimestamp(ctx.clock.now_s(), tz=UTC).isoformat(timespec="seconds")


def environment(
    ctx: Context,
    topology: Topology,
    ready: Mapping[str, Any],
    *,
    web_image: str | None,
    power: str | None,
) -> dict[str, Any]:
    """Return everything about the machine and the software that a figure must disclose."""
    machine = ctx.engine.machine()
    cpu = ready.get("cpu") or {}
    return {
        "cpu_model": cpu.get("model", "?"),
        "cores": machine.cores,
        "memory_bytes": machine.memory_bytes,
        "os": machine.os,
        "kernel": machine.kernel,
        "architecture": machine.architecture,
        "cgroup_version": machine.cgroup_version,
        "engine_version": machine.engine_version,
        "power": power,
        "lab_version": __version__,
        "git_revision": git_revision(),
        "locust_version": ready.get("locust"),
        "generator_ceiling_rps": ctx.surroundings.ceiling_rps(),
        "images": ctx.engine.image_ids(images_of(topology, web_image)),
    }


def git_revision() -> str | None:
    """Return the checkout's revision, `-dirty` when it has changes; None outside a checkout of this project."""
    if not (assets.root() / ".git").exists():
        return None
    argv = ["git", "-C", str(assets.root()), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def speed_reference(ctx: Context, measurements: Sequence[Measurement]) -> Reference:
    """Return the speed that a run is normalised to: the machine's, by `lab doctor`, else the run's own mean."""
    return reference_of(ctx.surroundings.speed(fresh=False), measurements)


def reference_record(reference: Reference) -> dict[str, Any]:
    """Return what a run's environment keeps of the reference speed."""
    return {
        "reference_work_ms": reference.work_ms,
        "reference_from": reference.source,
    }


class PlanOfLab(Protocol):
    """What is going to be measured on one running lab."""

    @property
    def lab(self) -> RunningLab: ...
    @property
    def topology(self) -> Topology: ...
    @property
    def scenario(self) -> Scenario: ...
    @property
    def load(self) -> Load: ...


def run_of_lab(
    ctx: Context,
    plan: PlanOfLab,
    *,
    what: str,
    ready: Mapping[str, Any],
    reference: Reference,
    power: str | None,
    **rest: Any,  # noqa: ANN401 - the other fields of a Run, checked by it
) -> Run:
    """Return the run of one running lab, with everything that it must disclose.

    Args:
        what: the end of its id.
        rest: what is the kind's own: kind, name, factor, blocks, points, procedure.
    """
    return Run(
        id=new_run_id(ctx, plan.scenario, what),
        created_at=iso_now(ctx),
        scenario=scenario_record(plan.scenario),
        load=load_record(plan.scenario, plan.load),
        environment={
            **environment(ctx, plan.topology, ready, web_image=own_web_image(plan.lab), power=power),
            **reference_record(reference),
        },
        seed=plan.load.seed,
        **rest,
    )


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """Return what a run keeps of its scenario."""
    text = scenario.locustfile + "\0" + repr(sorted(scenario.settings.items(), key=str))
    return {
        "name": scenario.name,
        "title": scenario.title,
        "hypothesis": scenario.hypothesis,
        "mix": dict(scenario.mix),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def load_record(scenario: Scenario, load: Load) -> dict[str, Any]:
    """Return what a run keeps of its load; nobody thinks in an open one, and its users are those that it needs."""
    is_open = load.rate_rps is not None
    think_s = scenario.think_s if load.think_s is None else load.think_s
    return {
        "model": "open" if is_open else "closed",
        "users": None if is_open else load.users,
        "rate_rps": load.rate_rps,
        "think_s": None if is_open else think_s,
        "ramp_s": load.ramp_s,
        "warmup_s": load.warmup_s,
        "duration_s": load.duration_s,
        "cold": load.is_cold,
    }


def keep(ctx: Context, run: Run) -> Path:
    """Write a run's folder: the document, the series as CSV, the report; return the folder."""
    import json

    from lab.report.csv_text import csv_text
    from lab.report.html import report_html
    from lab.report.tables import tables

    files = {
        "run.json": json.dumps(to_document(run), indent=1),
        "series.csv": csv_text(tables(run)["series"]),
        "report.html": report_html([run]),
    }
    return ctx.results.save(run.id, files)
