"""What a benchmark row found: medians, spread, whether its reach is met, the table and the document. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SCHEMA: Final = "lab.benchmarks/1"
MIN_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        name: unique; the row's name, with an ending where a row has several figures.
        values: one per round, in `unit`; the figure is their median.
        reach: the limit, in `unit`; None for a figure that is only shown.
        at_least: the limit is a lower one.
        seconds: what a ratio was made of: seconds (or what the row counts) by name, one per round.
    """

    name: str
    what: str
    unit: str
    values: Sequence[float]
    reach: float | None = None
    at_least: bool = False
    seconds: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Return the median over the rounds."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Say whether the median keeps the limit; None without one."""
        if self.reach is None:
            return None
        return self.median >= self.reach if self.at_least else self.median <= self.reach


def ratio(
    name: str,
    what: str,
    *,
    ours: Sequence[float],
    theirs: Sequence[float],
    reach: float,
    at_least: bool = False,
    labels: tuple[str, str] = ("lab", "reference"),
) -> Figure:
    """Return the ratios of neighbours in time: what drifts slowly on the machine cancels out.

    Raises:
        ValueError: another number of ours than of theirs, or none.
    """
    if not ours or len(ours) != len(theirs):
        raise ValueError(f"{name}: {len(ours)} measurements against {len(theirs)}")
    return Figure(
        name=name,
        what=what,
        unit="x",
        values=[a / b for a, b in zip(ours, theirs, strict=True)],
        reach=reach,
        at_least=at_least,
        seconds={labels[0]: list(ours), labels[1]: list(theirs)},
    )


def _number(value: float, unit: str, digits: int = 2) -> str:
    return f"{value:.{digits}f}x" if unit == "x" else f"{value:.{digits}f} {unit}"


def measured(figure: Figure) -> str:
    """Return a figure with its spread: `2.71x (2.60..2.85, n=5)`; one that misses by little with the digit that tells."""
    digits = 3 if figure.is_met is False and round(figure.median, 2) == figure.reach else 2
    low, high = min(figure.values), max(figure.values)
    spread = f"{low:.2f}..{high:.2f}, " if len(figure.values) > 1 else ""
    return f"{_number(figure.median, figure.unit, digits)} ({spread}n={len(figure.values)})"


def reach(figure: Figure) -> str:
    """Return a limit as people write it."""
    if figure.reach is None:
        return "shown only"
    return f"{'>=' if figure.at_least else '<='} {_number(figure.reach, figure.unit)}"


def verdict(figure: Figure) -> str:
    """Return `yes`, `MISSED`, or nothing where there is no limit."""
    return {True: "yes", False: "MISSED", None: ""}[figure.is_met]


def table(figures: Iterable[Figure]) -> str:
    """Return the table: what, measured, reach, met, and below each ratio what it was made of."""
    rows = [("what", "measured", "reach", "met")]
    for figure in figures:
        rows.append((figure.what, measured(figure), reach(figure), verdict(figure)))
        rows += [
            (f"  {label}", f"{statistics.median(values):.2f} ({min(values):.2f}..{max(values):.2f})", "", "")
            for label, values in figure.seconds.items()
        ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_row(figure: Figure, surroundings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure as one entry of the document; `surroundings` tell how busy the machine was meanwhile."""
    return {
        "name": figure.name,
        "what": figure.what,
        "unit": figure.unit,
        "median": round(figure.median, 4),
        "low": round(min(figure.values), 4),
        "high": round(max(figure.values), 4),
        "rounds": len(figure.values),
        "reach": figure.reach,
        "at_least": figure.at_least,
        "met": figure.is_met,
        "values": [round(value, 4) for value in figure.values],
        "made_of": {label: [round(v, 4) for v in values] for label, values in figure.seconds.items()},
        "during": dict(surroundings),
    }


def merged(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the new rows in place of old ones of the same name; rows measured earlier stay.

    Only documents of the same commit and engine are merged, others are replaced.
    """
    if old is None or any(old.get(key) != new[key] for key in ("schema", "commit", "changed", "environment")):
        return dict(new)
    measured_now = {row["name"] for row in new["rows"]}
    kept = [row for row in old["rows"] if row["name"] not in measured_now]
    return {**new, "rows": sorted([*kept, *new["rows"]], key=lambda row: str(row["name"]))}
