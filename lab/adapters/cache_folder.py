"""Where the lab keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path

from lab.errors import MachineNotReady


def cache_folder() -> Path:
    """Return the lab's folder in the XDG cache, made if it is not there.

    Raises:
        MachineNotReady: this user has no place for it.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scalability-lab"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: no HOME, and nobody by this number
        raise MachineNotReady(
            f"The lab's cache folder cannot be made: {error}",
            hint="set XDG_CACHE_HOME to a folder that you may write to",
        ) from error
    return folder
