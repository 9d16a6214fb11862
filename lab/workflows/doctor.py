"""Look at the machine, make it ready, and take that back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lab.errors import LabError, MachineNotReady
from lab.model.diagnosis import checks
from lab.model.doctor import Check, Facts
from lab.model.install import Host, InstallPlan, PlannedFile, as_shell, plan_install, same_settings
from lab.ports import Reporter


class MachineControl(Protocol):
    """This machine and its engine."""

    def facts(self) -> Facts:
        """Look at everything that the checks need (about 5 s), and keep the machine's speed."""
        ...

    def host(self) -> Host:
        """Describe the system as far as installing is concerned."""
        ...

    def read(self, path: str) -> str | None:
        """Return a file's text; None when it is not there."""
        ...

    def write(self, path: str, content: str | None) -> None:
        """Write a file, or remove it (None)."""
        ...

    def execute(self, argv: Sequence[str]) -> None:
        """Run a command as it is, its output going to standard error. Raises LabError."""
        ...

    def start_engine(self) -> None:
        """Start the installed engine and wait until it answers. Raises MachineNotReady."""
        ...

    def record(self) -> dict[str, Any]:
        """Return what `--fix` has done to this machine so far; empty when nothing."""
        ...

    def save_record(self, document: dict[str, Any]) -> None:
        """Keep that, or forget it (empty)."""
        ...


class DoctorContext(Protocol):
    """The part of a command's surroundings that the doctor needs."""

    @property
    def machine(self) -> MachineControl:
        """Return this machine."""
        ...

    @property
    def reporter(self) -> Reporter:
        """Return where progress is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Facts and the checks over them."""

    facts: Facts
    checks: list[Check]

    @property
    def is_ready(self) -> bool:
        """Say whether nothing that is needed fails."""
        return all(check.status != "fail" for check in self.checks)


def diagnose(ctx: DoctorContext) -> Diagnosis:
    """Look at the machine."""
    facts = ctx.machine.facts()
    return Diagnosis(facts=facts, checks=checks(facts))


def plan_fix(ctx: DoctorContext, diagnosis: Diagnosis) -> InstallPlan:
    """Return what `--fix` would do; empty when nothing that it can do is needed. A running engine is left alone.

    Raises:
        MachineNotReady: not root (the message holds the commands), not Debian or Ubuntu, or a file is in the way.
    """
    failing = {check.name for check in diagnosis.checks if check.status == "fail"}
    host = ctx.machine.host()
    plan = plan_install(
        host,
        needs_engine=not diagnosis.facts.has_engine and diagnosis.facts.can_start,
        needs_plugins=bool(failing & {"compose", "buildx"}),
        needs_mmdebstrap="base image" in failing and not diagnosis.facts.has_mmdebstrap,
    )
    plan = _without_present_files(ctx, plan)
    if not plan.is_empty and not host.is_root:
        raise MachineNotReady(
            "Making this machine ready needs root. These are the commands:\n\n"
            + as_shell(plan, has_systemd=host.has_systemd),
            hint="run them as root, or: sudo lab doctor --fix",
        )
    return plan


def _without_present_files(ctx: DoctorContext, plan: InstallPlan) -> InstallPlan:
    files: list[PlannedFile] = []
    for file in plan.files:
        present = ctx.machine.read(file.path)
        if present is None or _is_ours(ctx, file.path, present):
            files.append(file)
        elif not same_settings(present, file.content):
            raise MachineNotReady(
                f"{file.path} is there already with other content, which lab did not write.",
                hint="move it away, or install Docker by hand",
            )
    return InstallPlan(
        files=tuple(files), commands=plan.commands, packages=plan.packages, starts_engine=plan.starts_engine
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_ours(ctx: DoctorContext, path: str, present: str) -> bool:
    return bool(ctx.machine.record().get("files", {}).get(path) == _sha256(present))


def apply_fix(
    ctx: DoctorContext, plan: InstallPlan, confirm: Callable[[PlannedFile | tuple[str, ...]], None]
) -> None:
    """Carry a plan out. What was written is recorded before the next step, so that an interruption loses nothing.

    Args:
        confirm: called with each file and command before it happens; raises to stop.
    """
    for file in plan.files:
        confirm(file)
        record = ctx.machine.record()
        record.setdefault("files", {})[file.path] = _sha256(file.content)
        ctx.machine.save_record(record)
        ctx.machine.write(file.path, file.content)
    for command in plan.commands:
        confirm(command)
        with ctx.reporter.step(" ".join(command[:3]), expected_s=15):
            ctx.machine.execute(command)
    if plan.packages:
        record = ctx.machine.record()
        record["packages"] = sorted({*record.get("packages", []), *plan.packages})
        ctx.machine.save_record(record)
    if plan.starts_engine:
        with ctx.reporter.step("starting the Docker engine", expected_s=3):
            ctx.machine.start_engine()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What `--undo` did.

    Attributes:
        removed, changed: files that were removed; files that were left, since somebody changed them.
        packages: what was installed and stays, as other programs may use it.
    """

    removed: tuple[str, ...]
    changed: tuple[str, ...]
    packages: tuple[str, ...]


def undo(ctx: DoctorContext) -> Undone:
    """Remove exactly the files that `--fix` wrote, unless somebody has changed them since.

    Raises:
        LabError: a file cannot be removed.
    """
    record = ctx.machine.record()
    removed, changed = [], []
    for path, digest in record.get("files", {}).items():
        present = ctx.machine.read(path)
        if present is not None and _sha256(present) != digest:
            changed.append(path)
            continue
        if present is not None:
            try:
                ctx.machine.write(path, None)
            except OSError as error:
                raise LabError(f"{path}: cannot be removed: {error.strerror}", hint="run as root") from error
        removed.append(path)
    ctx.machine.save_record({})
    return Undone(removed=tuple(removed), changed=tuple(changed), packages=tuple(record.get("packages", ())))
