"""What `lab images save` and `load` need from the machine: the file, the engine's images as a stream, pip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from lab import assets
from lab.adapters import images_file, images_file_reader
from lab.adapters.build import remove_replaced
from lab.adapters.process import engine_problem, run
from lab.errors import BadInput, LabError, MachineNotReady
from lab.model.images import Built, architecture_of
from lab.model.images_file import Manifest
from lab.workflows.images_file import EngineSide

_PIECE: Final = 2**20
_PIP_LIMIT_S: Final = 900.0
_PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")


class DockerImagesFile:
    """Implements `lab.workflows.images_file.FileStore`."""

    def check_target(self, path: Path, *, force: bool) -> None:
        """Check that the file can be written."""
        images_file.check_target(path, force=force)

    def free_bytes(self, folder: Path) -> int:
        """Return the free space of a folder."""
        return shutil.disk_usage(folder).free

    def engine(self) -> EngineSide:
        """Describe the engine's machine; its free space is known only when it is this one."""
        info = json.loads(run(["docker", "info", "--format", "{{json .}}"], timeout_s=60))
        problem = engine_problem("\n".join(info.get("ServerErrors") or []))
        if problem:
            raise problem
        return EngineSide(
            architecture=architecture_of(str(info.get("Architecture", "?"))), free_bytes=_free_of(info)
        )

    def write(
        self, path: Path, draft: Manifest, small: Mapping[str, Path | bytes], references: Sequence[str]
    ) -> Manifest:
        """Write the file with what `docker save` gives; return its manifest."""
        return images_file.write_file(path, draft, small, _saved(references))

    def read_manifest(self, path: Path) -> Manifest:
        """Read the manifest, and check that the file is complete."""
        return images_file_reader.read_manifest(path)

    def verify(self, path: Path) -> None:
        """Compare the whole file with its manifest."""
        images_file_reader.verify(path)

    def load(self, path: Path) -> None:
        """Give the images to the engine.

        Raises:
            MachineNotReady: the engine's disk is full, or no engine answers.
            LabError: the engine refuses the images.
        """
        with (
            tempfile.TemporaryFile() as said,
            _process(
                ["docker", "load", "--quiet"], stdin=subprocess.PIPE, stdout=said, stderr=said
            ) as process,
        ):
            if process.stdin:
                with suppress(BrokenPipeError), process.stdin as pipe:  # what it said tells why it ended
                    for piece in images_file_reader.images_of(path):
                        pipe.write(piece)
            if process.wait():
                raise _failed("docker load", said)

    def remove_replaced(self, before: Built) -> None:
        """Remove an image that lost its name to a loaded one."""
        remove_replaced(before)

    @contextmanager
    def wheels(self) -> Iterator[list[Path]]:
        """Yield the wheels of lab and of what it needs, in a folder that is removed afterwards."""
        root = assets.root()
        if not (root / "pyproject.toml").is_file():
            raise BadInput(
                "--wheels: this lab was installed from a wheel; only a checkout of the project can build one",
                hint="run it in a checkout; or without --wheels, and pass on the wheel that you installed",
            )
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        with tempfile.TemporaryDirectory(prefix="lab-wheels-") as folder:
            _pip("wheel", "--no-deps", "--wheel-dir", folder, str(root))
            _download(folder, project["dependencies"])
            yield sorted(Path(folder).glob("*.whl"))


def _free_of(info: Mapping[str, Any]) -> int | None:
    is_local = (info.get("Name"), info.get("KernelVersion")) == (os.uname().nodename, os.uname().release)
    with suppress(OSError):
        if is_local:
            return shutil.disk_usage(info.get("DockerRootDir", "")).free
    return None


@contextmanager
def _process(argv: Sequence[str], **streams: Any) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ANN401 - files or PIPE
    """Run a program that ends with this block, whatever happens in it."""
    with subprocess.Popen(argv, **streams) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _saved(references: Sequence[str]) -> Iterator[bytes]:
    """Yield the output of `docker save`: layers that images share are in it once."""
    with (
        tempfile.TemporaryFile() as said,
        _process(
            ["docker", "save", *references], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as process,
    ):
        while process.stdout and (piece := process.stdout.read(_PIECE)):
            yield piece
        if process.wait():
            raise _failed("docker save", said)


def _failed(what: str, said: IO[bytes]) -> LabError:
    said.seek(0)
    text = "\n".join(said.read().decode(errors="replace").strip().splitlines()[-8:])
    if "no space left" in text.lower():
        return MachineNotReady(
            f"`{what}`: the engine's disk is full:\n{text}", hint="`docker system df` shows what fills it"
        )
    return engine_problem(text) or LabError(f"`{what}` failed:\n{text}")


def _download(folder: str, requirements: Sequence[str]) -> None:
    """Download wheels for this system: for this Python, and for others where all packages have them."""
    argv = ["download", "--only-binary", ":all:", "--dest", folder, *requirements]
    _pip(*argv)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in _PYTHONS:
        with suppress(MachineNotReady):
            if version != own:
                _pip(*argv, "--python-version", version)


def _pip(*words: str) -> None:
    argv = [sys.executable, "-m", "pip", words[0], "--quiet", "--disable-pip-version-check", *words[1:]]
    try:
        run(argv, timeout_s=_PIP_LIMIT_S)
    except LabError as error:
        raise MachineNotReady(
            f"--wheels: pip could not make them. {error.message}",
            hint="no pip in this environment? use the checkout's .venv; no network? behind a proxy set https_proxy",
        ) from None
