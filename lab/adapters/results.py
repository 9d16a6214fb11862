"""The `.lab/` folder: one immutable folder a run, written under another name and then renamed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from lab.adapters.child import is_alive
from lab.errors import BadInput, LabError, MachineNotReady

MAX_BYTES: Final = 200_000_000  # a sweep of 64 points in 50 blocks of a minute has 30 MB
_BROKEN: Final = "the run is truncated, or something else wrote it: measure again, or remove its folder"


def results_root() -> Path:
    """Return LAB_DIR, else the nearest `.lab/` upwards, else `./.lab`."""
    named = os.environ.get("LAB_DIR")
    if named:
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".lab").is_dir():
            return folder / ".lab"
    return here / ".lab"


def _remove_stale_drafts(runs: Path) -> None:
    """Remove what commands that were killed while they wrote have left."""
    for draft in runs.glob(".draft-*"):
        pid = draft.name.rpartition("-")[2]
        if pid.isdigit() and not is_alive(int(pid)):
            shutil.rmtree(draft, ignore_errors=True)


class ResultsFolder:
    """Implements `lab.ports.Results`."""

    def root(self) -> Path:
        """Return the results folder."""
        return results_root()

    def save(self, run_id: str, files: Mapping[str, str]) -> Path:
        """Write a run folder atomically and return it."""
        runs = self.root() / "runs"
        final, draft = runs / run_id, runs / f".draft-{run_id}-{os.getpid()}"
        try:
            draft.mkdir(parents=True)
            _remove_stale_drafts(runs)
            for name, text in files.items():
                (draft / name).write_text(text, encoding="utf-8")
                (draft / name).chmod(0o444)
            draft.rename(final)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise MachineNotReady(
                f"{final}: cannot write the result: {error.strerror or error}",
                hint="free some space, or set LAB_DIR",
            ) from error
        return final

    def folder(self, reference: str) -> Path:
        """Return a run's folder by id, unique prefix, saved name or `last`."""
        folders = self._folders()
        if not folders:
            raise BadInput(f"RUN: there are no runs in {self.root()}", hint="lab bench read-heavy")
        if reference == "last":
            return folders[-1]
        exact = [folder for folder in folders if folder.name == reference]
        near = exact or [folder for folder in folders if folder.name.startswith(reference)]
        near = near or [folder for folder in folders if self._name(folder) == reference]
        if len(near) == 1:
            return near[0]
        what = "several runs match" if near else "no run matches"
        raise BadInput(
            f"RUN: {what} {reference!r}" + (f": {', '.join(f.name for f in near[:6])}" if near else ""),
            hint="`lab runs` lists them",
        )

    def load(self, reference: str) -> dict[str, Any]:
        """Return a run's document."""
        return self._document(self.folder(reference))

    def list(self) -> Sequence[dict[str, Any]]:
        """Return every readable run's document, oldest first."""
        return list(self.sorted_out()[0].values())

    def sorted_out(self) -> tuple[Mapping[str, dict[str, Any]], Sequence[str]]:
        """Return every readable run's document by folder name, oldest first, and why each other one cannot be read."""
        documents, broken = {}, []
        for folder in self._folders():
            try:
                documents[folder.name] = self._document(folder)
            except LabError as error:
                broken.append(error.message)
        return documents, broken

    def _name(self, folder: Path) -> str | None:
        with suppress(BadInput):  # a broken run has no name, and must not hide the others'
            return self._document(folder).get("name")
        return None

    def _folders(self) -> Sequence[Path]:
        runs = self.root() / "runs"
        try:
            return sorted(path for path in runs.iterdir() if path.is_dir() and not path.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise BadInput(
                f"{runs}: cannot be read: {error.strerror or error}", hint="LAB_DIR names another folder"
            ) from None

    @staticmethod
    def _document(folder: Path) -> dict[str, Any]:
        path = folder / "run.json"
        try:
            size_bytes = path.stat().st_size
            if size_bytes > MAX_BYTES:
                raise BadInput(
                    f"{path}: {size_bytes / 1e6:,.0f} MB; a run has at most {MAX_BYTES / 1e6:,.0f} MB"
                )
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error.strerror or error}", hint=_BROKEN) from None
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{path}: cannot be read: {error}", hint=_BROKEN) from None
        if not isinstance(document, dict):
            raise BadInput(f"{path}: not a run document", hint=_BROKEN)
        return document
