"""Building the images from nothing. Minutes long and dominated by downloads, so it runs once and only on request."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from typing import Final

from bench.figures import Figure
from bench.labs import run, seconds
from lab.adapters import rootfs
from lab.adapters.buildx import build_argv
from lab.adapters.rootfs import machine_sources, sources_for
from lab.model.apt import archives
from lab.model.images import IMAGES, PREFIX, Image, from_the_end, shared_out
from lab.together import together

SLOW: Final = "store"
_PARENT_S: Final = 600
_TAG: Final = f"bench-{os.getpid()}"
"""Everything built here has this tag and loses it again; nobody's images are touched."""


def measure(_rounds: int) -> list[Figure]:
    """Return the seconds to build all images but MinIO's, two at a time as `lab images build` does."""
    names = [name for name in IMAGES if name != SLOW]
    here, beside = shared_out(names)
    site = _Site(names)
    try:
        took_s = seconds(
            lambda: together(lambda: site.work([*here, *from_the_end(beside)]), lambda: site.work(beside))
        )
    finally:
        _forget(names)
    made_of = {f"image {name}, s": [site.took_s[name]] for name in names}
    what = "images from nothing, MinIO apart"
    return [Figure(name="images", what=what, unit="s", values=[took_s], reach=180.0, seconds=made_of)]


class _Site:
    """Images that two workers build: each once, after what it is built from."""

    def __init__(self, names: Sequence[str]) -> None:
        self.took_s: dict[str, float] = {}
        self._free = set(names)
        self._claim = threading.Lock()
        self._built = {name: threading.Event() for name in names}

    def work(self, names: Sequence[str]) -> None:
        """Build what the other worker has not begun."""
        for name in names:
            with self._claim:
                if name not in self._free:
                    continue
                self._free.remove(name)
            for parent in IMAGES[name].parents.values():
                if not self._built[parent].wait(_PARENT_S):
                    raise RuntimeError(f"images: {name}: no {parent} after {_PARENT_S} s")
            self.took_s[name] = seconds(lambda: _build(IMAGES[name]))  # noqa: B023 - called at once
            self._built[name].set()


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
