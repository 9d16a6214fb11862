"""Load the images from a file, where no network is: every check before the first change."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.errors import LabError, MachineNotReady
from lab.model.images import IMAGES, Built
from lab.model.images_file import Manifest, check_fits
from lab.workflows.images import ImageContext, ImageState, image_states
from lab.workflows.images_file import EngineSide, FileStore

_MB: Final = 1_000_000
_CHECK_BPS: Final = 500 * _MB  # measured, as the next
_LOAD_BPS: Final = 60 * _MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What `load` did: the images that the engine did not have (none: all were there), and how all stand now."""

    manifest: Manifest
    loaded: tuple[str, ...]
    states: tuple[ImageState, ...]


def load_images(path: Path, *, files: FileStore, ctx: ImageContext) -> Loaded:
    """Load images from a file, unless the engine has them all; nothing changes before the whole file is checked.

    Raises:
        BadInput: damaged, truncated, of another lab.
        MachineNotReady: another architecture, the engine's disk is too small, no engine.
    """
    manifest = files.read_manifest(path)
    engine = files.engine()
    check_fits(manifest, architecture=engine.architecture, where=f"FILE: {path}")
    packed = sum(member.bytes for member in manifest.members)
    expected_s = packed / _CHECK_BPS + manifest.unpacked_bytes / _LOAD_BPS
    ctx.reporter.info(f"checking the whole file, then loading what is not there: about {expected_s:.0f} s")
    with ctx.reporter.step(f"checking {packed / _MB:,.0f} MB", expected_s=packed / _CHECK_BPS):
        files.verify(path)
    with ExitStack() as locks:
        for name in IMAGES:
            if any(image.name == name for image in manifest.images):
                locks.enter_context(ctx.images.lock(name))
        loaded = _load_lacking(path, manifest, engine, files, ctx)
    known = [image.name for image in manifest.images if image.name in IMAGES]
    return Loaded(manifest=manifest, loaded=loaded, states=tuple(image_states(known, ctx.images)))


def _load_lacking(
    path: Path, manifest: Manifest, engine: EngineSide, files: FileStore, ctx: ImageContext
) -> tuple[str, ...]:
    """Load all when one is lacking; return the names of those that were not there."""
    references = [image.reference for image in manifest.images]
    before = ctx.images.inspect(references)
    lacking = _lacking(manifest, before)
    if not lacking:
        return ()
    need = 2 * manifest.unpacked_bytes  # the engine unpacks the file before it takes the layers out
    if engine.free_bytes is not None and engine.free_bytes < need:
        raise MachineNotReady(
            f"the engine's disk has {engine.free_bytes / _MB:,.0f} MB free; loading needs {need / _MB:,.0f} MB",
            hint="`docker system df` shows what fills it",
        )
    title = f"loading {len(references)} images, {manifest.unpacked_bytes / _MB:,.0f} MB unpacked"
    with ctx.reporter.step(title, expected_s=manifest.unpacked_bytes / _LOAD_BPS):
        files.load(path)
    after = ctx.images.inspect(references)
    for reference, built in before.items():
        if reference in after and after[reference].id != built.id:
            files.remove_replaced(built)
    absent = _lacking(manifest, after)
    if absent:
        raise LabError(f"FILE: {path}: the engine loaded it, but does not have: {', '.join(absent)}")
    return lacking


def _lacking(manifest: Manifest, there: Mapping[str, Built]) -> tuple[str, ...]:
    return tuple(
        image.name
        for image in manifest.images
        if image.reference not in there or there[image.reference].inputs != image.inputs
    )
