"""Who works on a lab right now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# They measure for minutes, and whoever comes second would measure the first.
MEASURING: Final = ("bench", "sweep", "capacity", "explain", "demo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The command that holds a lab's lock.

    Attributes:
        command: the word after `lab`; empty when the lock does not say.
        since: local time of day, HH:MM:SS.
        is_alive: False for a killed command whose child processes are still ending.
    """

    pid: int
    command: str
    since: str
    is_alive: bool

    def __str__(self) -> str:
        """Say who it is: "`lab up` (process 123, since 12:03:04)"."""
        if not self.command:
            return "another command"
        if not self.is_alive:
            return f"what a killed `lab {self.command}` left (process {self.pid}, since {self.since})"
        return f"`lab {self.command}` (process {self.pid}, since {self.since})"

    @property
    def takes_minutes(self) -> bool:
        """Say whether waiting for it makes no sense."""
        return self.is_alive and self.command in MEASURING
