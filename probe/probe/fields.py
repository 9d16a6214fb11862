"""Take typed values out of a JSON document and note everything that is wrong with it. Pure."""

import math
from collections.abc import Mapping
from typing import Any


def is_number(value: object) -> bool:
    """Return whether ``value`` is a finite number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class FieldReader:
    """Takes values out of nested tables; a bad one is noted and replaced by one that cannot do harm."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def number(
        self, table: Mapping[str, Any], key: str, default: float | None, low: float, high: float
    ) -> float:
        """Return the number at the last part of ``key``, within low..high; no default means that it must be there."""
        value = table.get(key.rpartition(".")[2], default)
        if value is None:
            self.problems.append(f"{key}: missing")
        elif not is_number(value):
            self.problems.append(f"{key}: must be a number, got {value!r}")
        elif not low <= value <= high:
            self.problems.append(f"{key}: must be {low:g}..{high:g}, got {value:g}")
        else:
            return float(value)
        return low

    def integer(self, table: Mapping[str, Any], key: str, default: int | None, low: int, high: int) -> int:
        """Return the whole number at the last part of ``key``."""
        value = self.number(table, key, default, low, high)
        if value != int(value):
            self.problems.append(f"{key}: must be a whole number, got {value:g}")
        return int(value)

    def table(self, parent: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Return the table at the last part of ``key``, an empty one if it is missing."""
        value = parent.get(key.rpartition(".")[2])
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problems.append(f"{key}: must be an object, got {value!r}")
            return {}
        return value

    def known_keys(self, table: Mapping[str, Any], name: str, allowed: frozenset[str]) -> None:
        """Note every key of ``table`` that is not allowed."""
        for key in sorted(set(table) - allowed):
            self.problems.append(f"{name}: unknown key {key!r} (allowed: {', '.join(sorted(allowed))})")

    def check(self, *, ok: bool, problem: str) -> None:
        """Note ``problem`` unless ``ok``."""
        if not ok:
            self.problems.append(problem)
