"""`.lab/unfinished/`: one folder a sweep that is not finished, with its journal; it goes when the run is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lab.adapters.results import results_root
from lab.errors import BadInput, MachineNotReady

FILE: Final = "journal.jsonl"
MAX_BYTES: Final = 400_000_000


class JournalsFolder:
    """Implements `lab.ports.Journals`."""

    def path(self, run_id: str) -> Path:
        """Return the folder of an unfinished run."""
        return results_root() / "unfinished" / run_id

    def append(self, run_id: str, text: str) -> None:
        """Add whole lines; they are on the disk when this returns."""
        folder = self.path(run_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / FILE).open("ab", buffering=0) as file:
                file.write(text.encode())
                os.fsync(file.fileno())
        except OSError as error:
            raise MachineNotReady(
                f"{folder / FILE}: cannot write the window that was measured: {error.strerror or error}",
                hint="free some space, or set LAB_DIR",
            ) from error

    def shorten(self, run_id: str, size_bytes: int) -> None:
        """Cut off what comes after so many bytes: a line that was torn."""
        path = self.path(run_id) / FILE
        if path.stat().st_size > size_bytes:
            os.truncate(path, size_bytes)

    def texts(self) -> Mapping[str, str]:
        """Return every journal's text by run id, oldest first; those whose run is kept are removed."""
        root = results_root()
        try:
            folders = sorted(path for path in (root / "unfinished").iterdir() if path.is_dir())
        except OSError:
            return {}
        found = {}
        for folder in folders:
            if (root / "runs" / folder.name).is_dir():
                self.remove(folder.name)
                continue
            path = folder / FILE
            if path.is_file():
                found[folder.name] = _text(path)
        return found

    def remove(self, run_id: str) -> None:
        """Forget an unfinished run."""
        shutil.rmtree(self.path(run_id), ignore_errors=True)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path}: more than {MAX_BYTES / 1e6:,.0f} MB; no sweep writes that")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
