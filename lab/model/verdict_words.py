"""The figures behind a verdict, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lab.model.demand_table import Demand
from lab.model.waits import DATABASES, Waits


def by_use(rows: Sequence[Demand]) -> list[Demand]:
    """Return the tiers whose utilisation is known, the busiest first."""
    return sorted((row for row in rows if row.utilisation is not None), key=lambda r: -(r.utilisation or 0))


def of_what(row: Demand) -> str:
    """Return what a tier's CPU is compared with."""
    return "of its quota" if row.has_quota else "of its threads"


def share_words(row: Demand) -> str:
    return f"{row.tier} CPU, {row.utilisation:.0%} {of_what(row)}"


def cpu_lines(rows: Sequence[Demand]) -> list[str]:
    """Return each tier's CPU in words."""
    lines = []
    for row in rows:
        if row.utilisation is None:
            continue
        still = f", stood still in {row.throttled_ratio:.0%} of the periods" if row.has_quota else ""
        lines.append(f"{row.tier}: CPU {row.utilisation:.0%} {of_what(row)}{still}")
    return lines


def wait_lines(w: Waits) -> list[str]:
    """Return where requests were, in words."""
    if not w.under_way:
        return []
    lines = [
        f"{w.under_way:.1f} requests under way: {w.queued:.0f} queued before web, {w.workers_busy:.0f} in {w.workers:.0f} web workers"
    ]
    lines += [
        f"{tier}: {w.in_database(tier):.0f} statements under way, {w.in_lock(tier):.0f} wait for a lock"
        for tier in DATABASES
        if w.in_database(tier) >= 1
    ]
    if w.in_store >= 1:
        lines.append(f"store: {w.in_store:.0f} requests in hand")
    return lines
