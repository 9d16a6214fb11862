"""Docker already runs, and its user is nobody special: a member of the docker group with a home of their own."""

from __future__ import annotations

import grp
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker_lab import _is_running_test, docker, lab, own
from tests.e2e.conftest import Installed, assert_measured

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

LAB = own("member")
SOCKET = Path("/var/run/docker.sock")
PREFIX = "labtest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user of this machine with a home folder and no rights."""

    uid: int
    gid: int
    home: Path

    def become(self, *groups: int) -> list[str]:
        """Return the words before a command that make it this user's."""
        given = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
        return [
            "setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", given, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
        ]  # fmt: skip


def _remove_users() -> None:
    """Remove the users of test runs that are gone, and this one's."""
    for entry in pwd.getpwall():
        match = re.fullmatch(rf"{PREFIX}(\d+)", entry.pw_name)
        if match and (int(match[1]) == os.getpid() or not _is_running_test(match[1])):
            subprocess.run(["userdel", entry.pw_name], capture_output=True, check=False, timeout=30)
            shutil.rmtree(entry.pw_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def member(installed: Installed) -> Iterator[Member]:
    """Make a user for this test run."""
    if os.geteuid() != 0 or not shutil.which("useradd") or not SOCKET.is_socket():
        pytest.skip("only root can make a user, on Linux with its own engine")
    if not installed.is_for_all:
        pytest.skip("no Python of 3.11 or newer that every user of this machine may run")
    _remove_users()
    name = f"{PREFIX}{os.getpid()}"
    home = Path(tempfile.mkdtemp(prefix="lab-home-"))
    try:
        argv = [
            "useradd",
            "--no-create-home",
            "--home-dir",
            str(home),
            "--user-group",
            "--shell",
            "/bin/sh",
            name,
        ]
        subprocess.run(argv, check=True, capture_output=True, timeout=30)
        entry = pwd.getpwnam(name)
        os.chown(home, entry.pw_uid, entry.pw_gid)
        yield Member(uid=entry.pw_uid, gid=entry.pw_gid, home=home)
    finally:
        lab("down", "--volumes", "--lab", LAB, check=False)
        _remove_users()
        shutil.rmtree(home, ignore_errors=True)
        assert not [group for group in grp.getgrall() if group.gr_name == name]


def test_a_member_of_the_docker_group_needs_no_root(installed: Installed, member: Member) -> None:
    folder = member.home / "course"
    folder.mkdir()
    os.chown(folder, member.uid, member.gid)

    def start(*argv: str) -> subprocess.CompletedProcess[str]:
        become = member.become(SOCKET.stat().st_gid)
        return installed.run(*argv, "--lab", LAB, cwd=folder, become=become, env={"HOME": str(member.home)})

    def run(*argv: str) -> str:
        done = start(*argv)
        assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run("doctor")
    run("up", "--stage", "single")
    assert json.loads(run("status", "--json"))["topology"]["stage"] == "single"
    assert_measured(start("bench", "read-heavy", "--users", "4", "--duration", "5s", "--json"))
    run("report", "last", "--out", "page.html")
    run("down", "--volumes")
    assert docker("ps", "-aq", "--filter", f"label=lab.name={LAB}") == ""
    files = [folder, *folder.rglob("*"), *member.home.rglob("*")]
    assert {"run.json", "report.html", "page.html"} <= {path.name for path in files}
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in files} == {(member.uid, member.gid)}


@pytest.mark.parametrize(
    "command",
    [("up", "--stage", "single"), ("status",), ("bench", "read-heavy"), ("down",), ("images", "list")],
)
def test_without_the_group_it_is_3_and_says_what_to_do(
    installed: Installed, member: Member, command: tuple[str, ...]
) -> None:
    done = installed.run(*command, "--lab", LAB, cwd=member.home, become=member.become())
    assert done.returncode == 3, done.stderr
    said = " ".join(done.stderr.split())
    assert "The Docker engine refuses this user: permission denied on its socket." in said
    assert "usermod -aG docker" in said


def test_the_doctor_tells_somebody_without_the_group_too(installed: Installed, member: Member) -> None:
    done = installed.run("doctor", "--json", cwd=member.home, become=member.become())
    engine = json.loads(done.stdout)["checks"][0]
    assert (done.returncode, engine["status"]) == (3, "fail")
    assert "usermod -aG docker" in engine["todo"]
    fixed = installed.run("doctor", "--fix", "--yes", cwd=member.home, become=member.become())
    assert fixed.returncode == 3


def test_who_can_neither_pull_nor_bootstrap_is_told_what_root_does_once(
    installed: Installed, member: Member
) -> None:
    """mmdebstrap needs root or subordinate ids, which a user made without them has not."""
    script = (
        "from lab.adapters import rootfs\n"
        "from lab.errors import MachineNotReady\n"
        "rootfs._succeeds = lambda argv: False\n"  # nothing is here, and nothing can be pulled
        "rootfs.shutil.which = lambda name: '/usr/bin/' + name\n"
        "try:\n    rootfs.root_file_system('trixie')\n"
        "except MachineNotReady as error:\n    print(error.message, error.hint)\n"
    )
    argv = [*member.become(SOCKET.stat().st_gid), str(installed.folder / "venv/bin/python"), "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60, cwd=member.home)
    assert "needs root or user namespaces" in done.stdout
    assert 'sudo "$(command -v lab)" images build base base-sid' in done.stdout
    assert "lab images load FILE" in done.stdout
