"""What a person sees while it works."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Reporter(Protocol):
    """Progress for a person; never results."""

    def step(self, title: str, *, expected_s: float | None = None) -> AbstractContextManager[None]:
        """Show a step while it runs, with the time it is expected to take."""
        ...

    def info(self, text: str) -> None:
        """Say one line."""
        ...

    def warn(self, text: str) -> None:
        """Say one line that should not be missed."""
        ...
