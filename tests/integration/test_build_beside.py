"""The second process that builds images: it tells what it did, and does not outlive the one that started it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import assets
from lab.adapters.build_beside import building_beside
from lab.adapters.child import is_alive
from lab.model.images import IMAGES

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]
STARTER = """
from lab.adapters.build_beside import building_beside
with building_beside(["cache"]) as other:
    print(other.process.pid, flush=True)
    other.finished()
"""


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A checkout of its own with a changed cache image, whose lock is held: what wants to build it waits."""
    for name in {"lab", *(image.context for image in IMAGES.values())}:
        shutil.copytree(assets.root() / name, tmp_path / name)
    with (tmp_path / "memcached/Dockerfile").open("a") as file:
        file.write("# changed\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lock = tmp_path / "cache/scalability-lab/locks/cache.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_it_says_what_it_built() -> None:
    with building_beside(["base", "cache"]) as other:
        assert other.finished() == ([], [])  # both are up to date
        assert other.process.returncode == 0


def test_it_ends_with_the_block(held: None) -> None:
    with building_beside(["cache"]) as other:
        time.sleep(2)
        assert other.process.poll() is None, "it waits for the lock"
    assert other.process.poll() is not None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_ends_with_the_process_that_started_it(number: signal.Signals, held: None, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", STARTER], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        time.sleep(2)
        assert is_alive(pid), "it waits for the lock"
        os.kill(starter.pid, number)
        starter.wait(20)
        end_s = time.monotonic() + 20
        while is_alive(pid) and time.monotonic() < end_s:
            time.sleep(0.1)
        assert not is_alive(pid)
