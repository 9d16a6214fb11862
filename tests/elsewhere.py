"""An engine elsewhere: `dockerd` in a privileged container, reached only through its socket.

It stands for Docker Desktop, Colima and remote engines: 2 CPUs and 3.8 GiB, a file system of its own, ports that are
not on this machine's loopback, no route to its containers. `DOCKER_HOST` is all that a client knows of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import pytest

from lab.adapters.build import DockerImages
from lab.model.images import IMAGES, Image, inputs_hash
from tests.docker_lab import _is_running_test, lab

MEMORY_BYTES: Final = int(3.8 * 2**30)
CORES: Final = 2
_LABEL: Final = "lab.role=test-engine"  # on container, volume and network: `make clean` knows it too
_NAME: Final = re.compile(r"test-(\d+)-engine-.*")
_ASSETS: Final = "tests/elsewhere"
_START_LIMIT_S: Final = 60.0
NETWORKS: Final = 16  # so many fit into its address pool
# Away from the address ranges of the engine that it runs in, so that its own routes do not hide those.
_NETWORK: Final = ("--bip", "10.213.0.1/24", "--default-address-pool", "base=10.214.0.0/20,size=24")


# The machine's own engine, whatever DOCKER_HOST a test sets meanwhile.
_OUTER: Final = dict(os.environ)


def _outer(*args: str, timeout_s: float = 120) -> str:
    """Run the docker CLI against the machine's own engine."""
    done = subprocess.run(
        ["docker", *args], capture_output=True, text=True, check=False, timeout=timeout_s, env=_OUTER
    )
    assert done.returncode == 0, f"docker {' '.join(args)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A running engine.

    Attributes:
        container: its container in the machine's own engine.
        host: what DOCKER_HOST must be.
    """

    container: str
    host: str

    @property
    def env(self) -> dict[str, str]:
        """Return the environment that makes this engine the one."""
        return {**os.environ, "DOCKER_HOST": self.host}

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make it the engine of all commands of a test."""
        monkeypatch.setenv("DOCKER_HOST", self.host)
        monkeypatch.delenv("DOCKER_CONTEXT", raising=False)

    def docker(self, *args: str, check: bool = True, timeout_s: float = 120) -> str:
        """Run the docker CLI against it."""
        done = subprocess.run(
            ["docker", *args], capture_output=True, text=True, check=False, timeout=timeout_s, env=self.env
        )
        assert done.returncode == 0 or not check, f"docker {' '.join(args)}: {done.stderr}"
        return done.stdout.strip()

    def load(self, *names: str) -> None:
        """Give it our images, all or some, as the machine's own engine has them; those that it has are skipped."""
        there = set(self.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split())
        wanted = [IMAGES[name].reference for name in names or IMAGES]
        missing = [reference for reference in wanted if reference not in there]
        if missing:
            copy_images(missing, self)

    def inside(self, command: str) -> str:
        """Run a shell command in its container, through the outer engine: for measuring it, not for using it."""
        return _outer("exec", self.container, "sh", "-c", command)


def copy_images(references: Sequence[str], engine: Elsewhere) -> None:
    """Copy images from the machine's own engine."""
    with subprocess.Popen(["docker", "save", *references], stdout=subprocess.PIPE, env=_OUTER) as save:
        done = subprocess.run(
            ["docker", "load", "--quiet"], stdin=save.stdout, capture_output=True, text=True, check=False,
            env=engine.env, timeout=600,
        )  # fmt: skip
    assert save.returncode == 0
    assert done.returncode == 0, done.stderr


def engine_image(base: str = "base") -> str:
    """Return the engine's image, built from one of our base images if it is missing or outdated."""
    lab("images", "build", base, timeout_s=900)
    name = "test-engine" if base == "base" else f"test-engine-{base}"
    image = Image(name=name, context=_ASSETS, about="engine for tests", expected_s=30, parents={"BASE": base})
    store = DockerImages()
    with store.lock(image.name):
        there = store.inspect([image.reference, IMAGES[base].reference])
        parent = there[IMAGES[base].reference].identity
        inputs = inputs_hash(image, store.input_files(image), {"BASE": parent})
        built = there.get(image.reference)
        if built is None or built.inputs != inputs:
            store.build(image, parent_references={"BASE": IMAGES[base].reference}, inputs=inputs)
    return image.reference


@contextmanager
def engine(
    name: str, *, base: str = "base", dockerd: Path | None = None, network: Sequence[str] = _NETWORK
) -> Iterator[Elsewhere]:
    """Start an engine, yield it, and remove all of it.

    Args:
        base: which of our base images it comes from; Debian sid has a newer engine.
        dockerd: a program to run in place of the packaged one, for other versions.
        network: dockerd's options for its addresses.
    """
    assert os.environ.get("DOCKER_HOST") == _OUTER.get("DOCKER_HOST"), "DOCKER_HOST already leads elsewhere"
    remove_leftovers()
    image = engine_image(base)
    container = f"test-{os.getpid()}-engine-{name}"
    folder = Path(tempfile.mkdtemp(prefix=f"{container}-"))
    found = Elsewhere(container=container, host=f"unix://{folder}/docker.sock")
    cores = min(CORES, os.cpu_count() or 1)
    try:
        _outer("volume", "create", "--label", _LABEL, container)
        _outer(
            "create", "--init", "--privileged", "--name", container, "--hostname", container,
            "--label", _LABEL, "--cpus", str(cores), "--cpuset-cpus", f"0-{cores - 1}",
            "--memory", str(MEMORY_BYTES), "--memory-swap", str(MEMORY_BYTES),
            "--volume", f"{container}:/var/lib/docker",  # no overlay on overlay
            "--mount", f"type=bind,source={folder},target=/run/elsewhere", "--log-opt", "max-size=4m",
            image, "--host", "unix:///run/elsewhere/docker.sock", "--group", str(os.getgid()), *network,
        )  # fmt: skip
        if dockerd:
            _outer("cp", str(dockerd), f"{container}:/usr/sbin/dockerd")
        _outer("start", container)
        _wait(found)
        yield found
    finally:
        _remove(container)


def _wait(found: Elsewhere) -> None:
    deadline_s = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline_s:
        argv = ["docker", "version", "--format", "{{.Server.Version}}"]
        if subprocess.run(argv, capture_output=True, check=False, env=found.env, timeout=30).returncode == 0:
            return
        time.sleep(0.2)
    raise AssertionError("the engine did not answer:\n" + _outer("logs", "--tail", "30", found.container))


def _remove(container: str) -> None:
    if _outer("ps", "-aq", "--filter", f"name=^{container}$"):
        _outer("rm", "--force", "--volumes", container)
    if _outer("volume", "ls", "-q", "--filter", f"name=^{container}$"):
        _outer("volume", "rm", "--force", container)
    for folder in Path(tempfile.gettempdir()).glob(f"{container}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove the engines of test runs that are gone, and nothing else."""
    names = _outer("ps", "-a", "--filter", f"label={_LABEL}", "--format", "{{.Names}}").split()
    names += _outer("volume", "ls", "-q", "--filter", f"label={_LABEL}").split()
    names += [path.name.rpartition("-")[0] for path in Path(tempfile.gettempdir()).glob("test-*-engine-*")]
    for name in sorted(set(names)):
        match = _NAME.fullmatch(name)
        if match and not _is_running_test(match[1]):
            _remove(name)


class PeakMemory:
    """The most memory that an engine and all in it held at once; `anonymous` leaves the page cache out."""

    # What cannot be given back under pressure: the page cache fills whatever the limit leaves.
    _READ: Final = (
        "cd /sys/fs/cgroup; if [ -d memory ]; then cd memory;"
        " echo $(cat memory.max_usage_in_bytes) $(awk '$1==\"total_rss\"{print $2}' memory.stat)"
        " $(awk '$1==\"oom_kill\"{print $2}' memory.oom_control);"
        " else echo $(cat memory.peak) $(awk '$1==\"anon\"{print $2}' memory.stat)"
        " $(awk '$1==\"oom_kill\"{print $2}' memory.events); fi"
    )
    _RESET: Final = "echo 0 > /sys/fs/cgroup/memory/memory.max_usage_in_bytes || true"

    def __init__(self, engine: Elsewhere) -> None:
        """Watch an engine."""
        self._engine = engine
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.usage_bytes = self.anonymous_bytes = self.killed = 0

    def _read(self) -> tuple[int, int, int]:
        usage, anonymous, killed = map(int, self._engine.inside(self._READ).split())
        return usage, anonymous, killed

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            with contextlib.suppress(AssertionError, ValueError):
                self.usage_bytes, anonymous, _ = self._read()
                self.anonymous_bytes = max(self.anonymous_bytes, anonymous)

    def __enter__(self) -> Self:
        """Reset the kernel's own maximum and begin to sample."""
        self._engine.inside(self._RESET)
        self._before = self._read()[2]
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop sampling, and count the processes that the kernel killed for want of memory."""
        self._over.set()
        self._thread.join()
        self.usage_bytes, _, killed = self._read()
        self.killed = killed - self._before


@pytest.fixture(scope="session")
def elsewhere(docker_and_images: None) -> Iterator[Elsewhere]:
    """Give a session one empty engine elsewhere; `load` gives it images."""
    with engine("shared") as found:
        yield found
