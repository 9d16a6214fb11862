"""Building the images from nothing. Minutes long and dominated by downloads, so it runs once and only on request."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

from bench.figures import Figure
from bench.labs import run, seconds
from lab.adapters import rootfs
from lab.adapters.buildx import build_argv
from lab.adapters.rootfs import machine_sources, sources_for
from lab.model.apt import archives
from lab.model.images import IMAGES, PREFIX, Image

SLOW: Final = "store"
_TAG: Final = f"bench-{os.getpid()}"
"""Everything built here has this tag and loses it again; nobody's images are touched."""


def measure(_rounds: int) -> list[Figure]:
    """Return the seconds to build all images but MinIO's, one after the other as `lab images build` does."""
    names = [name for name in IMAGES if name != SLOW]
    try:
        took = {name: seconds(lambda: _build(IMAGES[name])) for name in names}  # noqa: B023 - called at once
    finally:
        _forget(names)
    made_of = {f"image {name}, s": [value] for name, value in took.items()}
    what = "images from nothing, MinIO apart"
    return [
        Figure(name="images", what=what, unit="s", values=[sum(took.values())], reach=180.0, seconds=made_of)
    ]


def measure_store(_rounds: int) -> list[Figure]:
    """Return the seconds to compile MinIO's image; it stands on images that are there."""
    try:
        run(["docker", "tag", IMAGES["base"].reference, _reference("base")])
        run(["docker", "tag", IMAGES["web"].reference, _reference("web")])
        took_s = seconds(lambda: _build(IMAGES[SLOW]))
    finally:
        _forget(["base", "web", SLOW])
    return [Figure(name="image-store", what="MinIO's image from nothing", unit="s", values=[took_s])]


def _reference(name: str) -> str:
    return f"{PREFIX}/{name}:{_TAG}"


def _build(image: Image) -> None:
    arguments = {argument: _reference(parent) for argument, parent in image.parents.items()}
    if image.is_base:
        arguments = {"ROOTFS": _root_file_system(image.suite), "SOURCES": sources_for(image.suite)}
    # Compilers keep downloads between builds: a name of their own makes this one start without.
    arguments["BUILDKIT_CACHE_MOUNT_NS"] = _TAG
    argv = build_argv(image, arguments, inputs=_TAG)
    argv[argv.index(image.reference)] = _reference(image.name)
    run([*argv[:3], "--no-cache", *argv[3:]], timeout_s=1800)


def _root_file_system(suite: str) -> str:
    """Make a Debian from its mirror where that is how this machine gets it, else take the pulled one."""
    if not shutil.which("mmdebstrap") or rootfs.can_pull(suite):
        return rootfs.root_file_system(suite)
    wanted = archives(machine_sources(), suite)
    reference = _reference(f"rootfs-{suite}")
    problem = ""
    for sources in (wanted, wanted[:1]):
        problem = rootfs.bootstrap(suite, sources, reference)
        if not problem:
            return reference
    raise RuntimeError(f"images: no Debian {suite}: {problem}")


def _forget(names: list[str]) -> None:
    """Take this run's tags away, and with them the images that have no other."""
    suites = [f"rootfs-{image.suite}" for image in IMAGES.values() if image.is_base]
    for name in [*reversed(names), *suites]:
        subprocess.run(["docker", "image", "rm", _reference(name)], capture_output=True, check=False)
