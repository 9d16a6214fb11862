"""Keep what a sweep has measured, window by window: each is on the disk before the next begins."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lab.errors import LabError
from lab.model.journal import (
    Done,
    Session,
    done_line,
    plan_line,
    session_line,
)
from lab.model.measurement import Measurement
from lab.model.sweep import Visit
from lab.model.topology import options_of
from lab.workflows.context import Context
from lab.workflows.find import running_lab
from lab.workflows.sweep_plan import SweepPlan
from lab.workflows.up_plan import images_of


@dataclass(slots=True, kw_only=True)
class Writer:
    """Writes a sweep's journal. Its first line is written with the first window: before, there is nothing to keep.

    A plan without the words of its command (`lab demo`) has no file: nobody could resume it.

    Attributes:
        sessions, done: what the journal holds, of earlier sessions, too.
    """

    ctx: Context
    plan: SweepPlan
    run_id: str
    sessions: list[Session] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    is_begun: bool = False

    @property
    def is_kept(self) -> bool:
        """Say whether the journal holds a window, so that the sweep can be resumed."""
        return bool(self.plan.asked) and bool(self.done)

    def add(self, visit: Visit, measurement: Measurement, ready: Mapping[str, Any]) -> None:
        """Keep one finished visit; it is on the disk when this returns.

        Raises:
            MachineNotReady: the disk says no.
        """
        label = self.plan.label(visit.value)
        done = Done(block=visit.block, label=label, measurement=measurement, ready=ready)
        begin = "" if self.is_begun else self._begin(measurement.started_at_s)
        now_s = self.ctx.clock.now_s()
        if self.plan.asked:
            self.ctx.journals.append(self.run_id, begin + done_line(done, now_s=now_s))
        self.is_begun = True
        self.done.append(done)
        self.sessions[-1] = replace(self.sessions[-1], ended_s=now_s)

    def _begin(self, started_s: float) -> str:
        """Begin a session; return the lines that say so."""
        is_first, machine = not self.sessions, machine_record(self.ctx) if self.plan.asked else {}
        self.sessions.append(Session(started_s=started_s, ended_s=started_s, machine=machine))
        if not self.plan.asked:
            return ""
        fixed = fixed_record(self.ctx, self.plan) if is_first else {}
        head = plan_line(self.run_id, self.plan.asked, fixed) if is_first else ""
        return head + session_line(started_s, machine)

    def close(self) -> None:
        """Forget the journal: the run is kept."""
        if self.plan.asked:
            self.ctx.journals.remove(self.run_id)


def fixed_record(ctx: Context, plan: SweepPlan) -> dict[str, Any]:
    """Return what a resumed sweep takes from the journal and not from the lab that happens to run."""
    return {
        "lab": ctx.lab,
        "command": plan.command,
        "topologies": {plan.label(value): options_of(plan.topologies[value]) for value in plan.values},
        "before": options_of(plan.before) if plan.before else None,
        "restore": plan.restore,
        "images": images_record(ctx, plan),
    }


def images_record(ctx: Context, plan: SweepPlan) -> dict[str, str]:
    """Return the id of every image that the sweep uses, by reference."""
    references = {ref for topology in plan.topologies.values() for ref in images_of(topology, plan.web_image)}
    return dict(sorted(ctx.engine.image_ids(sorted(references)).items()))


def machine_record(ctx: Context) -> dict[str, Any]:
    """Return what of the engine's machine may change between two sessions."""
    machine = ctx.engine.machine()
    return {
        "machine": machine.name,
        "boot": _boot_id(ctx),
        "kernel": machine.kernel,
        "cores": machine.cores,
        "memory_bytes": machine.memory_bytes,
        "architecture": machine.architecture,
        "engine_version": machine.engine_version,
    }


def _boot_id(ctx: Context) -> str | None:
    """Return the engine's machine's boot: containers share its kernel."""
    with contextlib.suppress(LabError):
        lab = running_lab(ctx)
        found = [c for c in lab.containers if c.state == "running"] if lab else []
        if found:
            return ctx.engine.run_in(found[0].id, ["cat", "/proc/sys/kernel/random/boot_id"]).strip()
    return None
