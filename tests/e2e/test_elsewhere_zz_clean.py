"""`make clean`, for real: in an engine elsewhere and a copied checkout, beside things of others.

The name puts it after the other tests of the engine elsewhere: it takes away the images that they use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.model.images import IMAGES, PREFIX
from tests.docker_lab import docker, lab, own
from tests.elsewhere import Elsewhere

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parent.parent.parent
FOREIGN = own("foreign")
KINDS = {
    "containers": ("ps", "-a", "--format", "{{.Names}}"),
    "networks": ("network", "ls", "--format", "{{.Name}}"),
    "volumes": ("volume", "ls", "--format", "{{.Name}}"),
    "images": ("images", "--format", "{{.Repository}}:{{.Tag}}"),
}


def _there() -> dict[str, set[str]]:
    return {kind: set(docker(*argv).split()) for kind, argv in KINDS.items()}


def _checkout(folder: Path) -> Path:
    """Copy what `make clean` needs of the checkout, with a small .venv of its own, caches and a kept result."""
    copy = folder / "checkout"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    shutil.copytree(ROOT / "lab", copy / "lab")  # its compiled files are what `clean` is for
    shutil.copy(ROOT / "Makefile", copy)
    for name in (".venv/bin/python", ".pytest_cache/x", ".lab/runs/kept/run.json", "lab/__pycache__/x.pyc"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("x" * 5000)
    return copy


def _make_foreign(folder: Path) -> None:
    """Make things of somebody else, as like ours as they can be: labels and names of their own that look like ours."""
    (folder / "Dockerfile").write_text('FROM scratch\nLABEL lab.inputs="not ours"\nCOPY Dockerfile /\n')
    docker("buildx", "build", "--load", "--tag", f"{FOREIGN}:1", str(folder))
    docker("tag", IMAGES["cache"].reference, f"{FOREIGN}/cache:1")
    docker("network", "create", "--label", f"lab.name={FOREIGN}", FOREIGN)
    docker("volume", "create", "--label", f"lab.name={FOREIGN}", FOREIGN)
    argv = ("run", "--detach", "--name", FOREIGN, "--label", f"lab.name={FOREIGN}", "--network", FOREIGN)
    docker(*argv, "--volume", f"{FOREIGN}:/data", f"{FOREIGN}/cache:1", "sleep", "1000")


def _leave_behind(tmp_path: Path, cache: Path, temporary: Path) -> None:
    """Leave all that the project can leave: labs, own apps, killed measurements, replaced images, folders."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "index.php").write_text("<?php echo 'own';")
    lab("up", "--stage", "balanced", "--app", str(tmp_path / "app"), "--lab", own("left"))
    lab("up", "--stage", "single", "--lab", own("kept-data"))
    lab("down", "--lab", own("kept-data"))  # its volumes stay
    probe = (
        "create",
        "--name",
        own("killed-probe"),
        "--label",
        f"lab.name={own('gone')}",
        "--label",
        "lab.role=probe",
    )
    docker(*probe, IMAGES["probe"].reference)
    docker("tag", IMAGES["cache"].reference, f"{PREFIX}/app:0123456789ab")
    for number in (1, 2):  # the second takes the name from the first
        (tmp_path / "Dockerfile").write_text(f"FROM scratch\nENV NUMBER={number}\nCOPY Dockerfile /\n")
        label = f"lab.inputs={number}"
        docker("buildx", "build", "--load", "--tag", f"{PREFIX}/old:1", "--label", label, str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    for name in (
        f"lab-{dead.pid}-abc",
        f"test-{dead.pid}-engine-x-abc",
        f"lab-{os.getpid()}-mine",
        "lab-notes",
        "other",
    ):
        (temporary / name).mkdir(parents=True)
    assert (cache / "scalability-lab" / "buildx").is_dir()  # the record of builds


def _clean(checkout: Path, *, code: int = 0) -> str:
    """Run `make clean` there; its output, in which every removed thing of some size has that size."""
    done = subprocess.run(
        ["make", "--no-print-directory", "clean"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_make_clean_removes_ours_and_nothing_else(
    elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.load()
    cache, temporary = tmp_path / "cache", tmp_path / "tmp"
    elsewhere.use(monkeypatch)
    before = _there()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    (tmp_path / "foreign").mkdir()
    _make_foreign(tmp_path / "foreign")
    foreign = {kind: names - before[kind] for kind, names in _there().items()}
    assert all(foreign.values())
    checkout = _checkout(tmp_path)
    _leave_behind(tmp_path, cache, temporary)
    monkeypatch.setenv("TMPDIR", str(temporary))
    said = _clean(checkout)

    left = _there()
    assert left["containers"] == foreign["containers"]
    assert left["networks"] == foreign["networks"] | {"bridge", "host", "none"}
    assert left["volumes"] == foreign["volumes"]
    assert (
        left["images"] == foreign["images"]
    )  # the one that shares its layers with ours, too; nothing is <none>
    assert docker("inspect", "--format", "{{.State.Running}}", FOREIGN) == "true"
    assert {path.name for path in temporary.iterdir()} == {f"lab-{os.getpid()}-mine", "lab-notes", "other"}
    assert not (cache / "scalability-lab").exists()
    assert {path.name for path in checkout.iterdir()} == {".ci", ".lab", "Makefile", "lab"}
    assert (checkout / ".lab/runs/kept/run.json").exists()
    assert not list(checkout.rglob("__pycache__"))

    removed = [line for line in said.splitlines() if line.startswith("removed ")]
    sized = [
        line for line in removed if line.endswith(")") and any(ch.isdigit() for ch in line.rpartition("(")[2])
    ]
    assert [line for line in removed if line not in sized and not line.startswith("removed network ")] == []
    for words in (
        f"removed container {own('left')}-web-1-1 (",
        f"removed container {own('killed-probe')} (",
        f"removed network {own('left')}_edge",
        f"removed volume {own('kept-data')}_credentials (",
        f"removed image {IMAGES['db'].reference} (",
        f"removed image {PREFIX}/app:0123456789ab (",
        "removed replaced image ",
        "removed .venv (",
        "scalability-lab (",
    ):
        assert words in said, words
    assert "kept    Docker's build cache (" in said
    assert "kept    .lab (" in said
    assert FOREIGN not in said
    again = _clean(checkout)
    assert "removed" not in again
    assert _there() == left
    docker("rm", "--force", "--volumes", FOREIGN)


def test_without_an_engine_the_rest_is_cleaned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    checkout = _checkout(tmp_path)
    said = _clean(checkout)
    assert "no Docker engine answers" in said
    assert "removed .venv (" in said
    assert not (checkout / ".venv").exists()
