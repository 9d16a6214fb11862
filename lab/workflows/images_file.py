"""Save the images into one file: what is needed of the outside, and the steps, every check before the first byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from lab import __version__, assets
from lab.errors import MachineNotReady
from lab.model.images import IMAGES, Built
from lab.model.images_file import NOTICES, Manifest, SavedImage
from lab.model.notices import minio_version, notices_of, notices_text
from lab.workflows.images import ImageContext, ImageState, image_states

_MB: Final = 1_000_000
_SAVE_BPS: Final = 25 * _MB  # unpacked bytes a second through gzip (measured)
_WHEELS_S: Final = 30.0
_SHRINKS_TO: Final = 0.5  # the file's share of the unpacked images, with a margin (measured)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSide:
    """The engine's machine; `free_bytes` is None where it cannot be seen."""

    architecture: str
    free_bytes: int | None


class FileStore(Protocol):
    """The file, the engine's images as a stream, and pip."""

    def check_target(self, path: Path, *, force: bool) -> None:
        """Check that the file can be written. Raises BadInput."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """Return the free space of a folder."""
        ...

    def engine(self) -> EngineSide:
        """Describe the engine's machine. Raises MachineNotReady."""
        ...

    def write(
        self, path: Path, draft: Manifest, small: Mapping[str, Path | bytes], references: Sequence[str]
    ) -> Manifest:
        """Write the file; return its manifest. Raises BadInput, MachineNotReady, LabError."""
        ...

    def read_manifest(self, path: Path) -> Manifest:
        """Read the manifest, and check that the file is complete. Raises BadInput."""
        ...

    def verify(self, path: Path) -> None:
        """Compare the whole file with its manifest. Raises BadInput."""
        ...

    def load(self, path: Path) -> None:
        """Give the images to the engine. Raises MachineNotReady, LabError."""
        ...

    def remove_replaced(self, before: Built) -> None:
        """Remove an image that lost its name to a loaded one."""
        ...

    def wheels(self) -> AbstractContextManager[Sequence[Path]]:
        """Make the wheels of lab and of what it needs. Raises BadInput, MachineNotReady."""
        ...


def save_images(
    path: Path, *, with_wheels: bool, force: bool, now_s: float, files: FileStore, ctx: ImageContext
) -> Manifest:
    """Save every image into one file.

    Raises:
        BadInput: the file is there already or cannot be written; no wheels from an installed lab.
        MachineNotReady: an image is missing or outdated, the disk is too small, no engine, pip failed.
    """
    files.check_target(path, force=force)
    engine = files.engine()
    rows = image_states(list(IMAGES), ctx.images)
    lacking = [f"{row.image.name} ({row.state})" for row in rows if row.state != "ready"]
    if lacking:
        raise MachineNotReady(f"images are not ready: {', '.join(lacking)}", hint="lab images build")
    images = saved_images({row.image.name: row.built for row in rows if row.built})
    draft = Manifest(
        lab_version=__version__,
        architecture=engine.architecture,
        created=datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds"),
        unpacked_bytes=unpacked_bytes(rows),
        images=images,
        members=(),
    )
    need = _check_space(path, draft.unpacked_bytes, files)
    expected_s = draft.unpacked_bytes / _SAVE_BPS + (_WHEELS_S if with_wheels else 0)
    ctx.reporter.info(f"writing at most {need / _MB:,.0f} MB, about {expected_s:.0f} s")
    with ExitStack() as stack:
        wheels: Sequence[Path] = ()
        if with_wheels:
            with ctx.reporter.step("wheels of lab and of what it needs", expected_s=_WHEELS_S):
                wheels = stack.enter_context(files.wheels())
        return write_images(path, draft, wheels, files, ctx)


def saved_images(built: Mapping[str, Built]) -> tuple[SavedImage, ...]:
    """Describe images for the manifest, by name."""
    minio = minio_version(assets.read("minio/Dockerfile"))
    return tuple(
        SavedImage(
            name=name,
            reference=IMAGES[name].reference,
            id=image.id,
            inputs=image.inputs,
            notices=notices_of(name, minio),
        )
        for name, image in built.items()
    )


def unpacked_bytes(rows: Sequence[ImageState]) -> int:
    """Return the size of images together: what an image has from its base counts once."""
    sizes = {row.image.name: row.built.size_bytes for row in rows if row.built}
    return sum(
        max(0, sizes[row.image.name] - sizes.get(row.image.parents.get("BASE", ""), 0))
        for row in rows
        if row.image.name in sizes
    )


def _check_space(path: Path, unpacked: int, files: FileStore) -> int:
    """Return the bytes that the file may need."""
    need, free = round(unpacked * _SHRINKS_TO), files.free_bytes(path.parent)
    if free < need:
        raise MachineNotReady(
            f"FILE: {path}: about {need / _MB:,.0f} MB are needed; {free / _MB:,.0f} MB are free",
            hint="free some space or choose another disk",
        )
    return need


def write_images(
    path: Path, draft: Manifest, wheels: Sequence[Path], files: FileStore, ctx: ImageContext
) -> Manifest:
    """Write what a draft of the manifest lists; return the complete manifest."""
    small: dict[str, Path | bytes] = {
        NOTICES: notices_text({image.name: image.notices for image in draft.images}).encode(),
        **{f"wheels/{wheel.name}": wheel for wheel in wheels},
    }
    title = f"saving {len(draft.images)} images, {draft.unpacked_bytes / _MB:,.0f} MB before compression"
    with ctx.reporter.step(title, expected_s=draft.unpacked_bytes / _SAVE_BPS):
        return files.write(path, draft, small, [image.reference for image in draft.images])
