"""One file for a room without a network: real images go out and come back. The lab's own images are never removed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import __version__
from lab.adapters import images_file_reader
from lab.adapters.build import DockerImages
from lab.adapters.images_store import DockerImagesFile
from lab.errors import LabError
from lab.model.images import IMAGES, PREFIX, Built
from lab.model.images_file import Manifest
from lab.workflows.images_file import saved_images, write_images
from tests.docker_lab import docker, lab, lab_json
from tests.unit.test_images_file import patched
from tests.unit.test_images_workflow import FakeReporter

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

NAMES = ("balancer", "cache")
COPIES = {name: f"{PREFIX}/test-{os.getpid()}-{name}:{__version__}" for name in NAMES}
# `lab`, but images that somebody is just changing may be saved too.
SAVE_ALL = """
from dataclasses import replace
from lab.cli.main import main
from lab.workflows import images, images_file
images_file.image_states = lambda *given: [replace(row, state="ready") for row in images.image_states(*given)]
main()
"""


class Context:
    """The engine's images, and a quiet reporter."""

    images = DockerImages()
    reporter = FakeReporter()


def real() -> dict[str, Built]:
    return DockerImages().inspect([image.reference for image in IMAGES.values()])


def untag() -> None:
    """Take the copies' names away; the images stay, as the real names hold them."""
    there = DockerImages().inspect(list(COPIES.values()))
    for reference in there:
        docker("image", "rm", "--no-prune", reference)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, docker_and_images: None) -> Iterator[Path]:
    """Save two small images under names of their own."""
    before = real()
    for name, reference in COPIES.items():
        docker("tag", IMAGES[name].reference, reference)
    built = {name: before[IMAGES[name].reference] for name in NAMES}
    images = tuple(
        replace(image, reference=COPIES[image.name], name=f"copy-{image.name}")
        for image in saved_images(built)
    )
    draft = Manifest(
        lab_version=__version__,
        architecture=DockerImagesFile().engine().architecture,
        created="2026-01-01T00:00:00+00:00",
        unpacked_bytes=0,
        images=images,
        members=(),
    )
    path = tmp_path_factory.mktemp("saved") / "two.tar"
    try:
        write_images(path, draft, (), DockerImagesFile(), Context())
        yield path
    finally:
        untag()


@pytest.fixture
def file(saved: Path) -> Iterator[Path]:
    """Yield the file while the engine does not have what is in it; the lab's own images stay as they are."""
    untag()
    before = real()
    yield saved
    untag()
    assert real() == before


def test_saved_images_come_back_and_need_no_second_load(file: Path) -> None:
    assert not DockerImages().inspect(list(COPIES.values()))
    first = lab_json("images", "load", str(file))
    assert (first["schema"], first["loaded"]) == ("lab.images-load/1", ["copy-balancer", "copy-cache"])
    there = DockerImages().inspect(list(COPIES.values()))
    assert {name: there[COPIES[name]].inputs for name in NAMES} == {
        name: real()[IMAGES[name].reference].inputs for name in NAMES
    }
    assert lab_json("images", "load", str(file))["loaded"] == []
    assert "there already" in lab("images", "load", str(file)).stdout
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_room_without_a_network(file: Path, tmp_path: Path) -> None:
    """Wheels and images out of one file, in a network namespace of its own: only the engine's socket leads out of it."""
    with DockerImagesFile().wheels() as wheels:
        draft = images_file_reader.read_manifest(file)
        whole = tmp_path / "whole.tar"
        for name, reference in COPIES.items():
            docker("tag", IMAGES[name].reference, reference)
        write_images(whole, draft, wheels, DockerImagesFile(), Context())
    untag()
    script = f"""
        set -e
        ! (exec 3<>/dev/tcp/192.0.2.1/80) 2>&1 | tee refused
        grep -q unreachable refused
        tar -xf whole.tar wheels
        {sys.executable} -m venv lab-venv
        env -u PIP_FIND_LINKS lab-venv/bin/pip install --quiet --no-index --find-links wheels scalability-lab
        lab-venv/bin/lab --version
        lab-venv/bin/lab images load whole.tar --json > loaded.json
    """
    argv = ["unshare", "--net", "bash", "-c", script]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"lab {__version__}" in done.stdout
    loaded = json.loads((tmp_path / "loaded.json").read_text(encoding="utf-8"))
    assert loaded["loaded"] == ["copy-balancer", "copy-cache"]
    assert set(DockerImages().inspect(list(COPIES.values()))) == set(COPIES.values())


def test_layers_that_images_share_are_in_it_once(file: Path) -> None:
    with tarfile.open(file, "r:") as outer:
        content = outer.extractfile("images.tar.gz")
        assert content
        with tarfile.open(fileobj=content, mode="r|gz") as inner:
            sizes = [member.size for member in inner]
    one = max(built.size_bytes for name, built in ((n, real()[IMAGES[n].reference]) for n in NAMES))
    assert sum(sizes) < 1.6 * one


def test_nothing_is_loaded_from_a_bad_file(file: Path, tmp_path: Path) -> None:
    good = file.read_bytes()
    bad = tmp_path / "bad.tar"
    for content in (good[:-5000], good[:9000], b"", good[:-3000] + b"x" + good[-2999:], os.urandom(5000)):
        bad.write_bytes(content)
        done = lab("images", "load", str(bad), check=False)
        assert done.returncode == 2, done.stderr
        assert str(bad) in done.stderr.replace("\n", "")
    bad.write_bytes(good)
    patched(bad, lambda document: document.update(architecture="s390x"))
    done = lab("images", "load", str(bad), check=False)
    assert done.returncode == 3
    assert "s390x" in done.stderr
    assert DockerImagesFile().engine().architecture in done.stderr
    assert not DockerImages().inspect(list(COPIES.values()))


def test_an_unknown_image_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    draft = Manifest(
        lab_version=__version__, architecture="amd64", created="", unpacked_bytes=0, images=(), members=()
    )
    with pytest.raises(LabError, match="docker save"):
        DockerImagesFile().write(tmp_path / "f", draft, {}, [f"{PREFIX}/not-there:0"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_save_leaves_no_file(tmp_path: Path, number: int, code: int) -> None:
    argv = [sys.executable, "-c", SAVE_ALL, "images", "save", "all.tar"]
    with subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        part = tmp_path / "all.tar.part"
        deadline_s = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 1_000_000) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())
