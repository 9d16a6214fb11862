"""The wheel, built and installed once for all tests that use the lab as somebody without a checkout does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab import assets
from tests.docker_lab import lab as lab_command

ROOT = Path(__file__).parents[2]
NOBODY = "65534"
BUSY = (
    "machine: ",
    "load generator: ",
    "too few requests",
    "speed: ",
    "steady state: ",
)  # what a neighbour's load does to a short measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A wheel in an environment of its own, readable by every user of this machine.

    Attributes:
        is_for_all: another user may run its Python.
    """

    folder: Path
    wheel: Path
    is_for_all: bool

    @property
    def lab(self) -> str:
        """Return the command."""
        return str(self.folder / "venv" / "bin" / "lab")

    def run(
        self,
        *argv: str,
        cwd: Path,
        become: Sequence[str] = (),
        env: dict[str, str] | None = None,
        timeout_s: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run `lab` in a folder, as another user if asked; nothing of the checkout is in its surroundings."""
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(cwd),
            "COLUMNS": "100",
            "LANG": "C.UTF-8",
            **(env or {}),
        }
        done = subprocess.run(
            [*become, self.lab, *argv], cwd=cwd, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done


def assert_measured(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the document of a `bench --json` that measured: nothing failed, and only a busy machine may be against it."""
    assert done.returncode in {0, 5}, done.stderr
    document = json.loads(done.stdout)
    measurement = document["points"][0]["measurements"][-1]  # one that was spoiled is made again
    assert measurement["requests"] > 10
    assert measurement["failures"] == 0
    assert not [problem for problem in measurement["problems"] if not problem.startswith(BUSY)]
    return dict(document)


def sound(*argv: str) -> dict[str, Any]:
    """Return the document of a measuring command against which nothing speaks, or only a machine that others use, too."""
    done = lab_command(*argv, "--json", check=False)
    assert done.returncode in {0, 5}, done.stderr
    document = json.loads(done.stdout)
    every = [m for point in document["points"] for m in point["measurements"]]
    assert every
    assert not [problem for m in every for problem in m["problems"] if not problem.startswith(BUSY)]
    return dict(document)


def quick_copy(folder: Path, name: str = "read-heavy") -> str:
    """Copy a scenario of ours with a second of warm-up, and return its path: a short window is not judged as steady anyway."""
    for suffix in ("py", "toml"):
        text = (assets.root() / f"scenarios/{name}.{suffix}").read_text(encoding="utf-8")
        lines = ["warmup_s = 1" if line.startswith("warmup_s") else line for line in text.splitlines()]
        (folder / f"{name}.{suffix}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / f"{name}.toml")


def _may_run(python: str) -> bool:
    """Say whether every user may run a Python; asked only where we can become somebody else."""
    if os.geteuid() != 0:
        return False
    argv = [
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        python,
        "-c",
        "import venv",
    ]
    try:
        return subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode == 0
    except OSError:
        return False


def _is_new_enough(python: str) -> bool:
    argv = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode == 0


def _python() -> tuple[str, bool]:
    """Return a Python for the environment, and whether others may run it: the tests' own is often in a home folder."""
    own = str(Path(sys.base_prefix) / "bin" / "python3")
    candidates = [
        own,
        *(found for name in ("/usr/bin/python3", "/usr/local/bin/python3") if (found := shutil.which(name))),
    ]
    for python in candidates:
        if _is_new_enough(python) and _may_run(python):
            return python, True
    return sys.executable, False


@pytest.fixture(scope="session")
def installed() -> Iterator[Installed]:
    """Build the wheel from the source archive and install it with what it needs, by pip's own settings."""
    folder = Path(tempfile.mkdtemp(prefix="lab-wheel-"))  # not pytest's: nobody else may look into that
    try:
        folder.chmod(0o755)
        build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
        subprocess.run(build, check=True, capture_output=True, timeout=120)
        (wheel,) = (folder / "dist").glob("*.whl")
        python, is_for_all = _python()
        subprocess.run([python, "-m", "venv", "--without-pip", str(folder / "venv")], check=True, timeout=60)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(folder / "venv"),
            "install",
            "--quiet",
            str(wheel),
        ]
        subprocess.run(pip, check=True, timeout=300, cwd=folder)
        yield Installed(folder=folder, wheel=wheel, is_for_all=is_for_all)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
