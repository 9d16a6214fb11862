"""Where requests wait although no CPU is busy: a lock, a slow statement, the store, too few workers. Pure.

The culprit is the downstream-most place: a web worker that waits for a statement is busy, and not the cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.demand_table import Demand
from lab.model.run import Verdict
from lab.model.waits import DATABASES, Waits

FULL: Final = 0.95
_MOST: Final = 0.5  # of the requests in web workers: where that many are, they wait
_FEW: Final = 0.25  # as many may be elsewhere while the workers themselves are what is short
_IDLE_CPU: Final = 0.60  # above it a tier that is busy in bursts may be the cause, too
_MIN_WAITING: Final = 2.0
_SATURATED: Final = 0.85


def waiting(rows: Sequence[Demand], waits: Waits) -> Verdict | None:
    """Return the place where most of the requests in hand wait; None when there is none, or a CPU is at its limit."""
    if any((row.utilisation or 0) >= _SATURATED for row in rows):
        return None
    return _database(rows, waits) or _store(rows, waits) or _workers(rows, waits)


def _use(rows: Sequence[Demand], tier: str) -> float:
    return next((row.utilisation or 0.0 for row in rows if row.tier == tier), 0.0)


def _database(rows: Sequence[Demand], w: Waits) -> Verdict | None:
    tier = max(DATABASES, key=w.in_database)
    statements, locked = w.in_database(tier), w.in_lock(tier)
    if statements < _MIN_WAITING or statements < _MOST * w.workers_busy:
        return None
    share = _use(rows, tier)
    what = (
        f"{locked:.0f} of them wait for a lock"
        if locked >= _MOST * statements
        else "slow ones, which wait for a lock, a disk or a timer"
    )
    words = f"{tier}: {statements:.0f} statements under way while its CPU is at {share:.0%}; {what}"
    return Verdict(kind="contention", culprit=tier, second="", sentence=words, is_confident=share < _IDLE_CPU)


def _store(rows: Sequence[Demand], w: Waits) -> Verdict | None:
    if w.in_store < _MIN_WAITING or w.in_store < _MOST * w.under_way:
        return None
    share = _use(rows, "store")
    words = f"store: it has {w.in_store:.0f} of {w.under_way:.0f} requests in hand while its CPU is at {share:.0%}: they wait for its disk"
    return Verdict(
        kind="contention", culprit="store", second="", sentence=words, is_confident=share < _IDLE_CPU
    )


def _workers(rows: Sequence[Demand], w: Waits) -> Verdict | None:
    if w.pool_ratio < FULL or w.queued < 1:
        return None
    elsewhere = sum(w.in_database(tier) for tier in DATABASES)
    busiest = max((row.utilisation or 0.0 for row in rows), default=0.0)
    words = f"web workers: {w.workers_busy:.0f} of {w.workers:.0f} are busy and {w.queued:.0f} requests queue, while web CPU is at {_use(rows, 'web'):.0%}"
    is_sure = busiest < _IDLE_CPU and elsewhere <= _FEW * w.workers_busy
    return Verdict(kind="soft-limit", culprit="web", second="", sentence=words, is_confident=is_sure)
