"""The images that the engine has, and building one of ours."""

from __future__ import annotations

import fcntl
import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from lab import assets
from lab.adapters.cache_folder import cache_folder
from lab.adapters.engine_socket import engine_at_hand
from lab.adapters.process import engine_problem, run
from lab.errors import ImageBuildFailed, LabError, MachineNotReady
from lab.model.build_advice import advice
from lab.model.images import LABEL_INPUTS, Built, Image

if TYPE_CHECKING:
    from lab.adapters.build_beside import BuildBeside

_TAIL_LINES: Final = 20
_NOT_INPUTS: Final = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"}


class DockerImages:
    """Implements `lab.workflows.images.ImageStore`."""

    def inspect(self, references: Sequence[str]) -> dict[str, Built]:
        """Return what is known of each image that is there, by reference."""
        found: dict[str, Built] = {}
        for row in engine_at_hand().image_rows(references):
            labels = (row.get("Config") or {}).get("Labels") or {}
            inputs = labels.get(LABEL_INPUTS, "")
            layers = (row.get("RootFS") or {}).get("Layers") or []
            built = Built(
                id=row["Id"],
                inputs=inputs,
                content=hashlib.sha256("\n".join([inputs, *layers]).encode()).hexdigest(),
                size_bytes=row.get("Size", 0),
                created=row.get("Created", ""),
            )
            found |= {tag: built for tag in row.get("RepoTags") or [] if tag in references}
        return found

    def input_files(self, image: Image) -> dict[str, bytes]:
        """Return the image's build context and its stand-ins by path under the asset root."""
        return {
            path.relative_to(assets.root()).as_posix(): path.read_bytes()
            for folder in (image.context, *image.stand_ins.values())
            for path in sorted((assets.root() / folder).rglob("*"))
            if path.is_file() and not _NOT_INPUTS & set(path.parts)
        }

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the machine-wide lock of one image; waits for another process that builds it."""
        folder = cache_folder() / "locks"
        folder.mkdir(exist_ok=True)
        with (folder / f"{name}.lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def building_beside(self, names: Sequence[str]) -> AbstractContextManager[BuildBeside]:
        """Have another process build images meanwhile; it is ended with the block, done or not."""
        from lab.adapters.build_beside import building_beside

        return building_beside(names)

    def build(self, image: Image, *, parent_references: Mapping[str, str], inputs: str) -> list[str]:
        """Build and tag one image; return what its scripts warn of (lines of their output marked `lab-warning:`).

        Raises:
            ImageBuildFailed: with the log's last lines, where the whole log is, and what to do.
            MachineNotReady: docker has no BuildKit front end, or no engine answers.
        """
        from lab.adapters.buildx import build_argv, check_buildx, stream, warnings_in
        from lab.adapters.rootfs import root_file_system, sources_for

        engine_at_hand().machine()  # refuses what is no engine for the lab, before minutes are spent
        arguments = dict(parent_references)
        if image.is_base:
            arguments = {"ROOTFS": root_file_system(image.suite), "SOURCES": sources_for(image.suite)}
        check_buildx()
        before = self.inspect([image.reference]).get(image.reference)
        log = cache_folder() / f"build-{image.name}.log"
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        try:
            code = stream(build_argv(image, arguments, inputs), log, tail)
        except OSError as error:
            raise MachineNotReady(
                f"{log}: cannot be written: {error.strerror or error}",
                hint="free some space, or set XDG_CACHE_HOME to a folder on another disk",
            ) from error
        if code == 0:
            if before:
                remove_replaced(before)
            return warnings_in(log.read_text(encoding="utf-8"))
        text = "\n".join(tail)
        raise engine_problem(text) or ImageBuildFailed(
            f"Image {image.name}: the build failed with {code}. Its last lines:\n{text}\nThe whole log: {log}",
            hint=advice(text),
        )


def remove_replaced(before: Built) -> None:
    """Remove the image that lost its name to the new one; it stays while a container, or another name, needs it."""
    with suppress(LabError):
        tags = run(["docker", "image", "inspect", "--format", "{{json .RepoTags}}", before.id]).strip()
        if before.inputs and tags in {"[]", "null"}:
            run(["docker", "image", "rm", "--no-prune", before.id])
