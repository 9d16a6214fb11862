"""The wheel in an empty folder: everything that the README shows, without a checkout."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from lab import __version__, assets
from lab.model.images import IMAGES
from tests.docker_lab import docker, lab_json, own
from tests.e2e.conftest import ROOT, Installed, assert_measured

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LAB = own("wheel")


def contents(wheel: Path) -> dict[str, int]:
    """Return the checksum of each file in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: item.CRC for item in archive.infolist()}


def test_the_source_archive_builds_the_same_wheel_as_the_checkout(
    installed: Installed, tmp_path: Path
) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    assert contents(next(tmp_path.glob("*.whl"))) == contents(installed.wheel)
    (sources,) = installed.wheel.parent.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "lab/cli/main.py"} <= names
    assert not [
        name for name in names if "__pycache__" in name or name.startswith((".lab", ".venv", "tests"))
    ]


def test_the_wheel_carries_every_input_of_every_image_and_the_pages_it_names(installed: Installed) -> None:
    inside = contents(installed.wheel)
    folders = {image.context for image in IMAGES.values()} | {"compose", "scenarios", "docs"}
    files = [
        path.relative_to(assets.root()).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert len(files) > 100
    assert not [name for name in files if f"lab/_assets/{name}" not in inside]
    pages = {
        page
        for path in (ROOT / "lab").rglob("*.py")
        for page in re.findall(r"\b(?:docs/[\w/-]+|CONTRIBUTING)\.md", path.read_text(encoding="utf-8"))
    }
    assert "CONTRIBUTING.md" in pages
    assert not [page for page in pages if f"lab/_assets/{page}" not in inside]
    assert not [name for name in inside if "__pycache__" in name or name.endswith(".pyc")]


@pytest.mark.docker
def test_a_lab_from_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    def run(*argv: str) -> str:
        done = installed.run(*argv, "--lab", LAB, cwd=tmp_path)
        assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    assert run("--version") == f"lab {__version__}\n"
    checks = {row["name"]: row for row in json.loads(run("doctor", "--json"))["checks"]}
    assert checks["engine"]["status"] == checks["base image"]["status"] == "ok"
    here = {row["name"]: row for row in json.loads(run("images", "list", "--json"))["images"]}
    assert here == {row["name"]: row for row in lab_json("images", "list")["images"]}
    try:
        assert "127.0.0.1" in run("up", "--stage", "single")
        bench = ("bench", "read-heavy", "--users", "4", "--duration", "5s", "--json", "--lab", LAB)
        document = assert_measured(installed.run(*bench, cwd=tmp_path))
        assert Path(document["folder"]).parent == tmp_path / ".lab" / "runs"
        out = tmp_path / "page.html"
        run("report", "last", "--out", str(out))
        assert "<html" in out.read_text(encoding="utf-8")
    finally:
        installed.run("down", "--volumes", "--lab", LAB, cwd=tmp_path)
    for kind in ("ps -aq", "volume ls -q", "network ls -q"):
        assert docker(*kind.split(), "--filter", f"label=lab.name={LAB}") == ""
    assert {path.name for path in tmp_path.iterdir()} <= {".lab", "page.html", ".cache", ".docker"}
