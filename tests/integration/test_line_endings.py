"""A checkout on a system with Windows line endings: entry points in images would not start."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.model.images import IMAGES
from tests.docker_lab import docker

ROOT = Path(__file__).parents[2]
SCRIPTS = "/usr/local/bin"


@pytest.mark.parametrize(
    "settings", [{"core.autocrlf": "true"}, {"core.autocrlf": "false", "core.eol": "crlf"}], ids=str
)
def test_git_writes_line_feeds_whatever_its_settings(tmp_path: Path, settings: dict[str, str]) -> None:
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    argv = [
        "git",
        *options,
        "clone",
        "--quiet",
        "--no-hardlinks",
        "--depth",
        "1",
        f"file://{ROOT}",
        str(tmp_path / "copy"),
    ]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    folders = {image.context for image in IMAGES.values()} | {".ci", "compose", "scenarios"}
    files = [path for name in folders for path in (tmp_path / "copy" / name).rglob("*") if path.is_file()]
    assert len(files) > 100
    assert not [path for path in files if b"\r\n" in path.read_bytes()]


@pytest.mark.docker
@pytest.mark.parametrize("name", ["web", "db", "balancer", "cache", "store"])
def test_no_script_in_an_image_has_a_carriage_return(name: str) -> None:
    look = f'ls {SCRIPTS} | wc -l; grep -lI "$(printf "\\r")" {SCRIPTS}/* || true'
    argv = ("run", "--rm", "--network", "none", "--entrypoint", "sh", IMAGES[name].reference, "-c", look)
    count, *found = docker(*argv).splitlines()
    assert int(count) > 0
    assert not found
