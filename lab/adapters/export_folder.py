"""Write exported files into a folder that is new, empty or an older export; nothing of anybody else's is touched."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from lab.errors import BadInput, MachineNotReady

MARK: Final = "export.json"
_SCHEMA: Final = "lab.export/1"


def check_folder(folder: Path) -> None:
    """Check that files may be exported there.

    Raises:
        BadInput: a file, or a folder with something in it that is no export.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise BadInput(f"DIR: {folder}: is no folder")
    try:
        strangers = sorted({path.name for path in folder.iterdir()} - set(_written(folder)))
    except OSError as error:
        raise BadInput(f"DIR: {folder}: cannot be read: {error.strerror or error}") from None
    if strangers:
        shown = ", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else "")
        raise BadInput(
            f"DIR: {folder}: is not empty, and {shown} came from no export", hint=f"a new folder: {folder}-2"
        )


def _written(folder: Path) -> list[str]:
    """Return the names that an older export put there, its mark included; none when there was no export."""
    with suppress(OSError, ValueError, RecursionError):
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        if isinstance(mark, dict) and mark.get("schema") == _SCHEMA and isinstance(mark.get("files"), list):
            return [MARK, *(str(name) for name in mark["files"] if Path(str(name)).name == name)]
    return []


def write_folder(folder: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
    """Write the files, each at once, and the mark that says whose they are; an older export's go first.

    Raises:
        BadInput: the folder is somebody else's.
        MachineNotReady: the disk says no.
    """
    check_folder(folder)
    mark = json.dumps({"schema": _SCHEMA, **about, "files": sorted(files)}, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _written(folder):
            if name not in files:
                (folder / name).unlink(missing_ok=True)
        for name, content in {MARK: mark.encode(), **files}.items():
            draft = folder / f".{name}.{os.getpid()}"
            try:
                draft.write_bytes(content)
                draft.replace(folder / name)
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise MachineNotReady(
            f"DIR: {folder}: cannot write the export: {error.strerror or error}",
            hint="free some space, or give another DIR",
        ) from error
