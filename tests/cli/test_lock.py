"""The lock of a lab, with real files and processes: who holds it is named, and the kernel frees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.adapters.child import end
from lab.adapters.lock import FileLocks
from lab.adapters.scratch import remove_stale, scratch_folder

HOLD = """
import sys, time
from lab.adapters.lock import FileLocks
locks = FileLocks()
assert locks.take("lab", "up") is None
print("held", flush=True)
sys.stdin.read()
locks.release("lab")
"""


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")


def other() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def files(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "cache").rglob("*.lock")]


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    first, locks = other(), FileLocks()
    held = locks.take("lab", "down")
    assert held is not None
    assert (held.pid, held.command, held.is_alive) == (first.pid, "up", True)
    assert str(held).startswith(f"`lab up` (process {first.pid}, since ")
    assert locks.take("other-lab", "up") is None  # another lab is another lock
    locks.release("other-lab")
    first.communicate("")
    assert locks.take("lab", "down") is None
    locks.release("lab")
    assert files(tmp_path) == []


def test_another_engine_is_another_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, locks = other(), FileLocks()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/another.sock")
    assert locks.take("lab", "up") is None
    locks.release("lab")
    first.communicate("")


def test_kill_9_frees_it(tmp_path: Path) -> None:
    first, locks = other(), FileLocks()
    first.kill()
    first.communicate()
    assert len(files(tmp_path)) == 1
    assert locks.take("lab", "up") is None
    locks.release("lab")
    assert files(tmp_path) == []


def test_it_is_held_until_what_a_killed_command_started_has_ended(tmp_path: Path) -> None:
    start = HOLD.replace(
        "sys.stdin.read()",
        """
from lab.adapters.process import run
run(["sh", "-c", "trap 'sleep 1; exit' TERM; echo > started; while :; do sleep 0.1; done"], is_tethered=True)
""",
    )
    first = subprocess.Popen([sys.executable, "-c", start], cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not (tmp_path / "started").exists():
        time.sleep(0.05)
    first.kill()
    first.wait()
    locks = FileLocks()
    held = locks.take("lab", "up")
    assert held is not None
    assert not held.is_alive
    assert "what a killed `lab up` left" in str(held)
    deadline = time.monotonic() + 20
    while locks.take("lab", "up") is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    locks.release("lab")
    assert files(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "\0" * 5000])
def test_a_lock_file_with_other_words_in_it(tmp_path: Path, text: str) -> None:
    first = other()
    next((tmp_path / "cache").rglob("*.lock")).write_text(text)
    held = FileLocks().take("lab", "up")
    assert held is not None
    assert str(held) == "another command"
    first.communicate("")


def test_a_folder_that_cannot_be_made_is_an_error_to_be_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="cache"):
        FileLocks().take("lab", "up")


def _is_there(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_ends_with_a_killed_command(tmp_path: Path) -> None:
    text = f"""
import sys
sys.path.insert(0, {str(Path.cwd())!r})
from lab.adapters.process import run
run(["sh", "-c", "echo $$ > pid; exec sleep 600"], is_tethered=True)
"""
    parent = subprocess.Popen([sys.executable, "-c", text], cwd=tmp_path)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        time.sleep(0.05)
    child = int((tmp_path / "pid").read_text())
    assert _is_there(child)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while _is_there(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_there(child)


def test_a_child_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    child = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo; while :; do sleep 0.1; done"], stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert child.stdout
    with child.stdout:
        child.stdout.readline()
        end(child, grace_s=0.5)
    assert child.returncode == -signal.SIGKILL


def test_temporary_folders_of_dead_processes_go_and_others_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    for name in (f"lab-{dead.pid}-abc", "lab-abc", f"lab-{dead.pid}", f"other-{dead.pid}-abc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").touch()
    with scratch_folder() as own:
        remove_stale()
        assert own.is_dir()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"lab-abc", f"lab-{dead.pid}", f"other-{dead.pid}-abc"}


CLEANING = """
import os, signal, sys, time
from concurrent.futures import ThreadPoolExecutor
from lab.adapters.process import run
from lab.cli import main
main._listen_to_signals()
def command(argv):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    finally:
        print(run(["echo", "in the main thread"]), end="")
        with ThreadPoolExecutor() as pool:
            print(pool.submit(run, ["echo", "in another thread"]).result(), end="")
main.run = command
sys.exit(main.guarded([]))
"""


def test_a_clean_up_is_not_stopped_by_the_signal_that_began_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLEANING], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 143, done.stderr
    assert done.stdout == "in the main thread\nin another thread\n"


LOST = """
import os, signal, sys, time
from lab.adapters.process import run
from lab.cli import main
main._listen_to_signals()
class Finaliser:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)  # the handler raises here, and Python drops it
Finaliser()
main.run = lambda argv: run(["sh", "-c", "echo > started; sleep 600"], is_tethered=True)
sys.exit(main.guarded([]))
"""


def test_a_signal_that_python_drops_ends_the_command_all_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOST], capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert done.stderr == "error: Interrupted.\n"
