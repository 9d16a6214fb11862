"""What was measured, finished and unfinished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Results(Protocol):
    """The `.lab/` folder: immutable run folders."""

    def root(self) -> Path:
        """Return the results folder."""
        ...

    def save(self, run_id: str, files: Mapping[str, str]) -> Path:
        """Write a run folder atomically and return it. Raises LabError when it exists or cannot be written."""
        ...

    def folder(self, reference: str) -> Path:
        """Return a run's folder by id, unique prefix, saved name or `last`. Raises BadInput."""
        ...

    def load(self, reference: str) -> dict[str, Any]:
        """Return a run's document; the reference as for `folder`."""
        ...

    def list(self) -> Sequence[dict[str, Any]]:
        """Return every readable run's document, oldest first."""
        ...

    def sorted_out(self) -> tuple[Mapping[str, dict[str, Any]], Sequence[str]]:
        """Return every readable run's document by folder name, oldest first, and why each other one cannot be read."""
        ...


class Journals(Protocol):
    """What unfinished sweeps have measured: one append-only text each, by run id."""

    def path(self, run_id: str) -> Path:
        """Return the folder of an unfinished run."""
        ...

    def append(self, run_id: str, text: str) -> None:
        """Add whole lines; they are on the disk when this returns. Raises MachineNotReady."""
        ...

    def shorten(self, run_id: str, size_bytes: int) -> None:
        """Cut off what comes after so many bytes: a line that was torn."""
        ...

    def texts(self) -> Mapping[str, str]:
        """Return every journal's text by run id, oldest first; those whose run is kept are removed."""
        ...

    def remove(self, run_id: str) -> None:
        """Forget an unfinished run."""
        ...
