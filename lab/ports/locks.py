"""One command at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.model.holder import Holder


class Locks(Protocol):
    """One command at a time for each lab."""

    def take(self, lab: str, command: str) -> Holder | None:
        """Take a lab's lock; return None when it is ours, else who has it. Raises OSError when none can be had."""
        ...

    def release(self, lab: str) -> None:
        """Give a lab's lock back."""
        ...
