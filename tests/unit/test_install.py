"""`lab doctor --fix` and `--undo`: the plan as data, and carrying it out against a machine in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lab.errors import Interrupted, MachineNotReady
from lab.model.apt import Source
from lab.model.diagnosis import checks
from lab.model.doctor import Facts
from lab.model.doctor_machine import GIB
from lab.model.install import (
    PIN_FILE,
    SOURCE_FILE,
    Host,
    InstallPlan,
    PlannedFile,
    as_shell,
    parse_os_release,
    plan_install,
    same_settings,
)
from lab.workflows.doctor import Diagnosis, apply_fix, plan_fix, undo

BOOKWORM = Host(
    system={"ID": "debian", "VERSION_CODENAME": "bookworm", "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)"},
    sources=(Source(uri="http://mirror.test/debian", suite="bookworm", components=("main",)),),
    is_root=True,
    has_apt=True,
    has_systemd=False,
    has_dockerd=False,
)
NEEDS = {"needs_engine": True, "needs_plugins": False, "needs_mmdebstrap": False}


def test_debian_12_takes_four_packages_from_trixie_and_pins_everything_else_down() -> None:
    plan = plan_install(BOOKWORM, **NEEDS)
    files = {file.path: file.content for file in plan.files}
    assert "URIs: http://mirror.test/debian\nSuites: trixie\n" in files[SOURCE_FILE]
    stanzas = [stanza for stanza in files[PIN_FILE].split("\n\n") if stanza.strip()]
    assert len(stanzas) == 2
    assert "Package: docker.io docker-cli docker-compose docker-buildx\n" in stanzas[0]
    assert "Pin-Priority: 600" in stanzas[0]
    assert stanzas[1].startswith("Package: *\nPin: release n=trixie\nPin-Priority: 50")
    assert plan.commands[0] == ("apt-get", "update")
    assert {"docker.io", "mmdebstrap", "iptables"} <= set(plan.commands[1])
    assert plan.starts_engine


@pytest.mark.parametrize(
    ("system", "package"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "trixie"}, "docker-compose"),
        ({"ID": "ubuntu", "VERSION_CODENAME": "noble"}, "docker-compose-v2"),
    ],
)
def test_others_use_only_their_own_packages(system: dict[str, str], package: str) -> None:
    plan = plan_install(replace(BOOKWORM, system=system), **NEEDS)
    assert plan.files == ()
    assert package in plan.packages


def test_an_installed_engine_is_only_started() -> None:
    plan = plan_install(replace(BOOKWORM, has_dockerd=True), **NEEDS)
    assert plan == InstallPlan(starts_engine=True)


def test_a_running_engine_is_neither_started_nor_reinstalled() -> None:
    needs = {"needs_engine": False, "needs_plugins": False, "needs_mmdebstrap": True}
    plan = plan_install(replace(BOOKWORM, has_dockerd=True), **needs)
    assert not plan.starts_engine
    assert plan.packages == ("mmdebstrap", "ca-certificates")
    assert plan.files == ()
    assert plan_install(BOOKWORM, needs_engine=False, needs_plugins=False, needs_mmdebstrap=False).is_empty


def test_other_systems_are_told_what_to_do() -> None:
    with pytest.raises(MachineNotReady, match="this is Fedora"):
        plan_install(replace(BOOKWORM, system={"ID": "fedora", "PRETTY_NAME": "Fedora 43"}), **NEEDS)


def test_without_a_mirror_nothing_is_invented() -> None:
    with pytest.raises(MachineNotReady, match="no Debian mirror"):
        plan_install(replace(BOOKWORM, sources=()), **NEEDS)


def test_the_commands_for_a_person() -> None:
    text = as_shell(plan_install(BOOKWORM, **NEEDS), has_systemd=False)
    assert f"cat > {PIN_FILE} <<'EOF'\n" in text
    assert text.endswith("setsid dockerd > /var/log/dockerd.log 2>&1 &")
    assert as_shell(InstallPlan(starts_engine=True), has_systemd=True) == "systemctl start docker"


def test_comments_do_not_make_a_file_different() -> None:
    assert same_settings("# by hand\nPackage: x\nPin: y \n", "Package: x\nPin: y\n\n")
    assert not same_settings("Package: x\nPin: y\n", "Package: x\n\nPin: y\n")  # two stanzas are not one


def test_os_release_quotes() -> None:
    text = "# c\nID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID='12'\nEMPTY=\n"
    assert parse_os_release(text) == {
        "ID": "debian",
        "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)",
        "VERSION_ID": "12",
        "EMPTY": "",
    }


@dataclass
class FakeMachine:
    """A machine in memory."""

    system: Host = BOOKWORM
    files: dict[str, str] = field(default_factory=dict)
    ran: list[tuple[str, ...]] = field(default_factory=list)
    started: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> Facts:
        return Facts(has_docker=False, free_port=8080)

    def host(self) -> Host:
        return self.system

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def write(self, path: str, content: str | None) -> None:
        if content is None:
            del self.files[path]
        else:
            assert path in self.kept["files"], "recorded before it is written"
            self.files[path] = content

    def execute(self, argv: Sequence[str]) -> None:
        self.ran.append(tuple(argv))

    def start_engine(self) -> None:
        self.started += 1

    def record(self) -> dict[str, Any]:
        return {key: dict(value) if isinstance(value, dict) else value for key, value in self.kept.items()}

    def save_record(self, document: dict[str, Any]) -> None:
        self.kept = document


class FakeReporter:
    @contextmanager
    def step(self, title: str, *, expected_s: float | None = None) -> Iterator[None]:
        yield

    def info(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...


@dataclass
class FakeContext:
    machine: FakeMachine = field(default_factory=FakeMachine)
    reporter: FakeReporter = field(default_factory=FakeReporter)


def diagnosis(facts: Facts) -> Diagnosis:
    return Diagnosis(facts=facts, checks=checks(facts))


BARE = diagnosis(Facts(has_docker=False, free_port=8080))


def fix(ctx: FakeContext) -> list[PlannedFile | tuple[str, ...]]:
    shown: list[PlannedFile | tuple[str, ...]] = []
    apply_fix(ctx, plan_fix(ctx, BARE), shown.append)
    return shown


def test_fix_shows_each_step_and_does_it() -> None:
    ctx = FakeContext()
    shown = fix(ctx)
    assert [step.path for step in shown if isinstance(step, PlannedFile)] == list(ctx.machine.files)
    assert [step for step in shown if isinstance(step, tuple)] == ctx.machine.ran
    assert ctx.machine.started == 1


def test_undo_removes_exactly_what_was_written() -> None:
    ctx = FakeContext()
    ctx.machine.files["/etc/apt/sources.list"] = "mine"
    fix(ctx)
    done = undo(ctx)
    assert set(done.removed) == {SOURCE_FILE, PIN_FILE}
    assert ctx.machine.files == {"/etc/apt/sources.list": "mine"}
    assert "docker.io" in done.packages
    assert undo(ctx).removed == ()


def test_undo_leaves_what_somebody_changed() -> None:
    ctx = FakeContext()
    fix(ctx)
    ctx.machine.files[PIN_FILE] += "\nPackage: mine\n"
    assert undo(ctx).changed == (PIN_FILE,)
    assert set(ctx.machine.files) == {PIN_FILE}


def test_a_file_made_by_hand_with_the_same_settings_is_used_and_survives_undo() -> None:
    ctx = FakeContext()
    by_hand = {
        file.path: file.content.replace("# Written", "# hand-made, not written")
        for file in plan_fix(ctx, BARE).files
    }
    ctx.machine.files.update(by_hand)
    assert not any(isinstance(step, PlannedFile) for step in fix(ctx))
    undo(ctx)
    assert ctx.machine.files == by_hand


def test_a_different_file_in_the_way_is_not_overwritten() -> None:
    ctx = FakeContext(
        machine=FakeMachine(files={PIN_FILE: "Package: *\nPin: release n=sid\nPin-Priority: 900\n"})
    )
    with pytest.raises(MachineNotReady, match=PIN_FILE):
        plan_fix(ctx, BARE)


def test_declining_stops_before_the_step() -> None:
    ctx = FakeContext()

    def decline(step: PlannedFile | tuple[str, ...]) -> None:
        if isinstance(step, tuple):
            raise Interrupted("Declined.")

    with pytest.raises(Interrupted):
        apply_fix(ctx, plan_fix(ctx, BARE), decline)
    assert ctx.machine.ran == []
    assert set(undo(ctx).removed) == {SOURCE_FILE, PIN_FILE}


def test_without_root_the_commands_are_told() -> None:
    ctx = FakeContext(machine=FakeMachine(system=replace(BOOKWORM, is_root=False)))
    with pytest.raises(MachineNotReady, match="apt-get install --yes") as caught:
        plan_fix(ctx, BARE)
    assert "sudo lab doctor --fix" in caught.value.hint


def test_an_engine_elsewhere_or_closed_to_this_user_is_not_started() -> None:
    facts = Facts(has_docker=True, engine_problem="refused", engine_hint="join the group", can_start=False)
    assert checks(facts)[0].todo == "join the group"
    assert plan_fix(FakeContext(), diagnosis(facts)).is_empty


@pytest.mark.parametrize(
    "rest",
    [
        {"memory_bytes": GIB // 2, "has_base": True},
        {"memory_bytes": 8 * GIB, "has_mmdebstrap": True, "can_bootstrap": False},
    ],
)
def test_what_fix_cannot_mend_is_not_touched(rest: dict[str, Any]) -> None:
    facts = Facts(
        has_docker=True,
        api_version="1.45",
        compose_version="2.26",
        buildx_version="0.13",
        cores=2,
        has_cpu_quota=True,
        **rest,
    )
    assert plan_fix(FakeContext(), diagnosis(facts)).is_empty
