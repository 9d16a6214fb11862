"""The words of `lab explain`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lab.model.demand_table import Demand
from lab.model.explained import Explained
from lab.model.run import Run
from lab.model.verdict import limit_words

_HEADER = ("tier", "n", "cores each", "ms/request", "busy", "stood still", "could serve")


def explain_lines(run: Run, points: Sequence[Explained], *, is_ascii: bool) -> list[str]:
    """Return each point's verdict, evidence and demand table."""
    from lab.report.bars import plain_ascii

    lines = [f"{run.id}: what binds, by the rules of docs/measuring.md"]
    for point in points:
        lines += ["", *_point_lines(point)]
    return [plain_ascii(line) for line in lines] if is_ascii else lines


def _point_lines(point: Explained) -> list[str]:
    limit, following = limit_words(point.verdict)
    windows = len(point.measurements)
    validity = "" if point.is_valid else ", INVALID"
    lines = [f"{point.label} ({windows} window{'s' if windows != 1 else ''}{validity})", f"  limit: {limit}" + (f"; next: {following}" if following else "")]  # fmt: skip
    lines += [f"  - {line}" for line in point.verdict.evidence]
    return [*lines, *(f"  {line}" for line in table_lines(point.table))]


def table_lines(table: Sequence[Demand]) -> list[str]:
    """Return the demand table."""
    rows = [_HEADER, *(_cells(row) for row in table)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in rows]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]


def _cells(row: Demand) -> tuple[str, ...]:
    def said(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    return (
        row.tier,
        str(row.containers),
        said(row.capacity_cores, ".2f") + ("" if row.has_quota or row.capacity_cores is None else " (threads)"),
        said(row.demand_ms, ".2f"),
        said(row.utilisation, ".0%"),
        f"{row.throttled_ratio:.0%}" if row.has_quota else "-",
        "-" if row.x_max_rps is None else f"{row.x_max_rps:,.0f}/s",
    )  # fmt: skip


def verify_lines(run: Run, folder: Path, *, is_ascii: bool) -> list[str]:
    """Return what the intervention showed."""
    from lab.report.bars import plain_ascii

    said = run.procedure
    lines = [
        f"{said['suspect']}: {said['outcome']}: {said['why']}",
        f"{said['raised']}: throughput x {_interval(said['ratio'])}; predicted x {said['predicted_ratio']:.2f}, needed more than x {said['needed_ratio']:.2f}",
    ]
    if said["control_ratio"]:
        lines.append(f"{said['control']}: throughput x {_interval(said['control_ratio'])}; must stay within ± 3%")  # fmt: skip
    lines.append(f"report: {os.path.relpath(folder)}/report.html")
    return [plain_ascii(line) for line in lines] if is_ascii else lines


def _interval(found: dict[str, float | None]) -> str:
    if found["low"] is None:
        return f"{found['ratio']:.3f}"
    return f"{found['ratio']:.3f} ({found['low']:.3f} to {found['high']:.3f}, 95%, {found['pairs']} pairs)"
