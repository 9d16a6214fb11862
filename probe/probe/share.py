"""Which part of a load one of several generator processes makes. Pure.

Whatever is numbered (users, starts of an open load) is dealt to the processes in turn: of three, the second gets
the numbers 1, 4, 7, ... So together they are the load that one process would make, number by number.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of process ``number`` (from 0) of ``count``."""

    number: int = 0
    count: int = 1

    def size(self, total: int) -> int:
        """Return how many of ``total`` are its own."""
        return len(range(self.number, total, self.count))

    def numbers(self) -> Iterator[int]:
        """Yield its own numbers, for ever."""
        return itertools.count(self.number, self.count)

    def of(self, items: Iterable[T]) -> Iterator[T]:
        """Yield its own of what all processes can count through."""
        return itertools.islice(items, self.number, None, self.count)
