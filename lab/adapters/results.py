"""The `.lab/` folder: one immutable folder a run, written under another name and then renamed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.errors import BadInput, LabError, MachineNotReady


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
        near = near or [folder for folder in folders if self._document(folder).get("name") == reference]
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
        documents = []
        for folder in self._folders():
            try:
                documents.append(self._document(folder))
            except LabError:
                continue
        return documents

    def _folders(self) -> Sequence[Path]:
        runs = self.root() / "runs"
        if not runs.is_dir():
            return []
        return sorted(path for path in runs.iterdir() if path.is_dir() and not path.name.startswith("."))

    @staticmethod
    def _document(folder: Path) -> dict[str, Any]:
        path = folder / "run.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(
                f"{path}: cannot be read: {error}", hint="the run may be truncated; measure again"
            ) from None
        if not isinstance(document, dict):
            raise BadInput(f"{path}: not a run document")
        return document
