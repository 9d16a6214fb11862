"""Temporary folders that a killed command leaves for the next one to remove."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from lab.adapters.child import is_alive
from lab.errors import MachineNotReady

_NAME: Final = re.compile(r"lab-(\d+)-\w+")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Have a temporary folder, named after this process and gone at the end.

    Raises:
        MachineNotReady: there is no room for it, or what is done with it meets a full disk.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f"lab-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        raise MachineNotReady(
            f"TMPDIR: cannot write a temporary file in {_place()}: {error.strerror or error}",
            hint="free some space, or set TMPDIR to a folder that has some",
        ) from error


def _place() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:  # none of the usual ones can be written
        return os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - only named, never written


def remove_stale() -> None:
    """Remove the folders of this user's dead processes."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob("lab-*"):
            match = _NAME.fullmatch(folder.name)
            if match and not is_alive(int(match[1])) and _is_ours(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    with suppress(OSError):
        return folder.lstat().st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()
    return False
