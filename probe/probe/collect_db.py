"""Collect MySQL's threads, work and replication state."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pymysql
import pymysql.cursors
from pymysql.constants import ER

from probe import parse_mysql
from probe.collector import TIMEOUT_S, Reading

USER: Final = "monitor"
PASSWORD_FILE: Final = Path("/run/credentials/probe/db_monitor_password")

_STATUS: Final = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN ("
    + ", ".join(f"'{name}'" for name in parse_mysql.STATUS_NAMES)
    + ")"
)
# An unused timestamp is zero, which Python has no date for: year 1970 and earlier become NULL.
_WORKERS: Final = """
SELECT IF(YEAR(APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) > 1970,
          APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP, NULL) AS applying_committed,
       IF(YEAR(LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP) > 1970,
          LAST_APPLIED_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP, NULL) AS applied_committed,
       IF(YEAR(LAST_APPLIED_TRANSACTION_END_APPLY_TIMESTAMP) > 1970,
          LAST_APPLIED_TRANSACTION_END_APPLY_TIMESTAMP, NULL) AS applied_end,
       NOW(6) AS now
FROM performance_schema.replication_applier_status_by_worker
"""
# The same as in SHOW REPLICA STATUS, which has sixty columns.
_THREADS: Final = """
SELECT (SELECT SERVICE_STATE FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = '') AS receiver,
       (SELECT SERVICE_STATE FROM performance_schema.replication_applier_status WHERE CHANNEL_NAME = '') AS applier
"""
# What the app's connections are doing now, this one and the server's own threads left out.
_STATEMENTS: Final = """
SELECT COUNT(*) AS statements,
       COALESCE(SUM(STATE LIKE 'Waiting for %lock%' OR STATE = 'User lock'), 0) AS table_lock_waiting,
       @@max_connections AS max_connections
FROM information_schema.PROCESSLIST
WHERE COMMAND IN ('Query', 'Execute') AND USER <> 'system user' AND ID <> CONNECTION_ID()
"""


class DatabaseCollector:
    """Reads one MySQL server over one connection that stays open.

    TLS costs some 30 ms for the one connect and needs no package for RSA, which a plain login would.
    """

    def __init__(self, target: str, *, replica: bool) -> None:
        self._target = target
        self._replica = replica
        self._connection: Any = None

    def read(self) -> Reading:
        """Return status, and on a replica its threads and lag; of a server without a free connection only that."""
        if self._connection is None:
            try:
                self._connection = self._connect()
            except pymysql.err.OperationalError as error:
                if error.args[0] != ER.CON_COUNT_ERROR:
                    raise
                return Reading(values={"refuses_collector": 1.0})
        with self._connection.cursor() as cursor:
            cursor.execute(_STATUS)
            rows = [(row["Variable_name"], row["Value"]) for row in cursor.fetchall()]
            values = {"refuses_collector": 0.0, **parse_mysql.status_values(rows)}
            cursor.execute(_STATEMENTS)
            values |= {name: float(value) for name, value in cursor.fetchone().items()}
            if self._replica:
                values |= self._replica_values(cursor)
        return Reading(values=values, counters=parse_mysql.COUNTER_NAMES)

    def _connect(self) -> Any:  # noqa: ANN401 - PyMySQL has no types
        return pymysql.connect(
            host=self._target,
            user=USER,
            password=PASSWORD_FILE.read_text(encoding="utf-8").strip(),
            connect_timeout=TIMEOUT_S,
            read_timeout=TIMEOUT_S,
            write_timeout=TIMEOUT_S,
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
        )

    def _replica_values(self, cursor: Any) -> dict[str, float]:  # noqa: ANN401
        cursor.execute(_THREADS)
        values = parse_mysql.replica_values(cursor.fetchone() or {})
        if (
            values["receiver_running"] and values["applier_running"]
        ):  # else nobody here knows how far behind it is
            cursor.execute(_WORKERS)
            workers = cursor.fetchall()
            if workers:
                values["lag_ms"] = round(parse_mysql.lag_ms(workers, workers[0]["now"]), 3)
        return values

    def derive(self, rates: Mapping[str, float]) -> dict[str, float]:  # noqa: ARG002
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def primary_collector(target: str) -> DatabaseCollector:
    """Return the collector of the server that takes the writes."""
    return DatabaseCollector(target, replica=False)


def replica_collector(target: str) -> DatabaseCollector:
    """Return the collector of one read replica."""
    return DatabaseCollector(target, replica=True)
