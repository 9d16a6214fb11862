"""A second `lab` that builds images beside this one: the machine-wide locks keep the two out of each other's way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from lab.adapters.child import end, tether

_WARNING: Final = "warning: "


@dataclass(frozen=True, slots=True)
class BuildBeside:
    """Implements `lab.workflows.images.Beside`."""

    process: subprocess.Popen[str]

    def finished(self) -> tuple[list[str], list[str]]:
        """Wait for its end and return what it built and what it warned of.

        Nothing of either if it failed: what it left undone is built here then, and fails here if it must.
        """
        out, said = self.process.communicate()
        if self.process.returncode:
            return [], []
        warnings = [line.removeprefix(_WARNING) for line in said.splitlines() if line.startswith(_WARNING)]
        return list(json.loads(out)["built"]), warnings


@contextmanager
def building_beside(names: Sequence[str]) -> Iterator[BuildBeside]:
    """Start the process, and end it with the block or with this one, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "lab", "images", "build", *names, "--jobs", "1", "--json", "--quiet"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that it is ended with everything that it started
        preexec_fn=tether(),  # noqa: PLW1509 - it makes one system call
    )
    try:
        yield BuildBeside(process)
    finally:
        end(process)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
