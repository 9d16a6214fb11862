"""Bring the images up to date: build what is missing or older than its inputs, nothing else, never twice at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from lab.model.images import (
    IMAGES,
    Built,
    Image,
    from_the_end,
    in_turn,
    inputs_hash,
    shared_out,
    with_parents,
)
from lab.ports import Reporter


class Beside(Protocol):
    """Another process that builds images."""

    def finished(self) -> tuple[list[str], list[str]]:
        """Wait for its end and return what it built and what it warned of; nothing of either if it failed."""
        ...


class ImageStore(Protocol):
    """The engine's images, and how to build ours."""

    def inspect(self, references: Sequence[str]) -> dict[str, Built]:
        """Return what is known of each image that is there, by reference."""
        ...

    def input_files(self, image: Image) -> dict[str, bytes]:
        """Return the image's build context and its stand-ins by path."""
        ...

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the machine-wide lock of one image; waits for another process that builds it."""
        ...

    def building_beside(self, names: Sequence[str]) -> AbstractContextManager[Beside]:
        """Have another process build images meanwhile; it is ended with the block, done or not."""
        ...

    def build(self, image: Image, *, parent_references: Mapping[str, str], inputs: str) -> list[str]:
        """Build and tag one image; return what its scripts warn of. Raises ImageBuildFailed, MachineNotReady."""
        ...


class ImageContext(Protocol):
    """The part of a command's surroundings that building needs."""

    @property
    def images(self) -> ImageStore:
        """Return the engine's images."""
        ...

    @property
    def reporter(self) -> Reporter:
        """Return where progress is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState:
    """One row of `lab images list`: `state` is `ready`, `outdated` or `missing`."""

    image: Image
    state: str
    built: Built | None
    inputs: str


def image_states(names: Collection[str], images: ImageStore) -> list[ImageState]:
    """Compare images and their parents with their inputs, in build order; one look at the engine for all."""
    wanted = [IMAGES[name] for name in with_parents(names)]
    there = images.inspect([image.reference for image in wanted])
    states: dict[str, ImageState] = {}
    for image in wanted:
        parents = {key: states[name] for key, name in image.parents.items() if key not in image.stand_ins}
        ids = {key: parent.built.identity if parent.built else "missing" for key, parent in parents.items()}
        inputs = inputs_hash(image, images.input_files(image), ids)
        built = there.get(image.reference)
        fits = (
            built is not None and built.inputs == inputs and all(p.state == "ready" for p in parents.values())
        )
        state = "missing" if built is None else "ready" if fits else "outdated"
        states[image.name] = ImageState(image=image, state=state, built=built, inputs=inputs)
    return list(states.values())


def ensure_images(
    names: Collection[str],
    ctx: ImageContext,
    states: Sequence[ImageState] | None = None,
    *,
    jobs: int = 2,
) -> list[str]:
    """Build those of the images, and of what they are built from, that are not up to date; return what was built.

    Args:
        states: what `image_states` has just said of them; None: look.
        jobs: how many to build at once, 1 or 2.

    Raises:
        ImageBuildFailed: a build failed; what was finished before stays.
        MachineNotReady: no engine, or no BuildKit.
    """
    states = image_states(names, ctx.images) if states is None else states
    todo = [row.image for row in states if row.state != "ready"]
    if not todo:
        return []
    wanted = [image.name for image in todo]
    if jobs == 1:
        wanted = in_turn(names, wanted)
    here, beside = shared_out(wanted) if jobs > 1 else ([], [])
    _announce(wanted, here, beside, ctx)
    built = _build_two_at_a_time(here, beside, ctx) if beside else set()
    both = {*here, *beside} if beside else set()
    built |= _build_each([name for name in wanted if name not in both], ctx)
    return [name for name in wanted if name in built]


def _announce(wanted: Sequence[str], here: Sequence[str], beside: Sequence[str], ctx: ImageContext) -> None:
    rest = [name for name in wanted if name not in here and name not in beside]
    took_s = [sum(IMAGES[name].expected_s for name in part) for part in (here, beside, rest)]
    what = f"{len(wanted)} images" if len(wanted) > 1 else "1 image"
    how = ", two at a time" if beside else ""
    ctx.reporter.info(
        f"building {what}{how}, about {_minutes(max(took_s[:2]) + took_s[2])} the first time, less afterwards"
    )


def _build_two_at_a_time(here: Sequence[str], beside: Sequence[str], ctx: ImageContext) -> set[str]:
    """Build some here and some in another process, and help it when done; return what both built."""
    with ctx.images.building_beside(beside) as other:
        built = _build_each(here, ctx) | _build_each(from_the_end(beside), ctx)
        theirs, warnings = other.finished()
    for text in warnings:
        ctx.reporter.warn(text)
    return built | set(theirs)


def _build_each(names: Sequence[str], ctx: ImageContext) -> set[str]:
    """Build one after the other and return what was built; what the process beside us has built is there already."""
    return {name for name in names if _build(IMAGES[name], ctx)}


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _build(image: Image, ctx: ImageContext) -> bool:
    """Build one image unless another process has done so meanwhile."""
    title = f"image {image.name}: {image.about}"
    if image_states([image.name], ctx.images)[-1].state == "ready":
        ctx.reporter.info(f"  {title}, built meanwhile")
        return False
    with ctx.reporter.step(title, expected_s=image.expected_s), ctx.images.lock(image.name):
        row = image_states([image.name], ctx.images)[-1]
        if row.state == "ready":
            return False
        parents = {argument: IMAGES[name].reference for argument, name in image.parents.items()}
        warnings = ctx.images.build(image, parent_references=parents, inputs=row.inputs)
    for text in warnings:
        ctx.reporter.warn(f"image {image.name}: {text}")
    return True
