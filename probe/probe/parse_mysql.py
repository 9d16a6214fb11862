"""Read MySQL's status and replication rows. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

GAUGES: Final = {
    "Threads_running": "threads_running",
    "Threads_connected": "threads_connected",
    "Innodb_row_lock_current_waits": "row_lock_waiting",
    "Rpl_semi_sync_source_status": "semisync_on",
    "Rpl_semi_sync_source_clients": "semisync_clients",
}
COUNTERS: Final = {
    "Questions": "questions",
    "Com_commit": "commits",
    "Connection_errors_max_connections": "refused_connections",
    "Innodb_row_lock_waits": "row_lock_waits",
    "Innodb_row_lock_time": "row_lock_time_ms",
    "Innodb_buffer_pool_reads": "buffer_pool_disk_reads",
    "Rpl_semi_sync_source_no_tx": "semisync_unacknowledged",
}
RECENT_S: Final = 2.0
STATUS_NAMES: Final = (*GAUGES, *COUNTERS)
_WORDS: Final = {"ON": 1.0, "OFF": 0.0}
COUNTER_NAMES: Final = tuple(COUNTERS.values())


def status_values(rows: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Return the known rows of SHOW GLOBAL STATUS under our names; ON is 1, OFF is 0."""
    names = GAUGES | COUNTERS
    return {names[name]: _number(value) for name, value in rows if name in names}


def _number(value: str) -> float:
    return _WORDS[value] if value in _WORDS else float(value)


def replica_values(row: Mapping[str, Any]) -> dict[str, float]:
    """Return whether both replication threads work; a receiver that only tries to connect does not.

    Source: MySQL manual, performance_schema.replication_connection_status: ON, OFF or CONNECTING.
    """
    return {
        "receiver_running": float(row.get("receiver") == "ON"),
        "applier_running": float(row.get("applier") == "ON"),
    }


def lag_ms(workers: Iterable[Mapping[str, Any]], now: datetime) -> float:
    """Return how far the data of a replica, whose link and applier are up, is behind its source.

    Each worker row holds ``applying_committed`` (when the source committed what is being applied, None when idle),
    ``applied_committed`` and ``applied_end`` of its last finished transaction. A transaction in progress counts up to
    ``now``; just after one its delay counts; a replica that has had nothing to do for a while is up to date.
    Clocks are compared: on one machine they agree.

    Source: MySQL manual, table performance_schema.replication_applier_status_by_worker.
    """
    rows = list(workers)
    running = [now - row["applying_committed"] for row in rows if row["applying_committed"]]
    if running:
        return max(0.0, max(running).total_seconds() * 1000)
    recent = [
        row for row in rows if row["applied_end"] and (now - row["applied_end"]).total_seconds() < RECENT_S
    ]
    if not recent:
        return 0.0
    last = max(recent, key=lambda row: row["applied_end"])
    return max(0.0, (last["applied_end"] - last["applied_committed"]).total_seconds() * 1000)
