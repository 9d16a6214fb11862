"""Read HAProxy's statistics. Pure.

Source: HAProxy management guide, section 9.1 "CSV format": columns are found by their header, never by position.
"""

import csv
from collections.abc import Mapping
from typing import Final

GAUGES: Final = ("scur", "qcur", "qtime", "rtime", "slim")
COUNTERS: Final = ("stot", "req_tot", "hrsp_5xx", "econ", "eresp", "wretr", "wredis")
# Listeners would only repeat their frontend; the statistics' own frontend counts this collector's requests.
_SKIPPED_PROXIES: Final = {"stats"}


def parse_stats(text: str) -> dict[str, dict[str, str]]:
    """Return the rows by ``proxy/server``, each a mapping of column to text.

    Raises: ValueError when the text is not HAProxy's CSV.
    """
    if not text.startswith("# pxname,"):
        raise ValueError("not HAProxy's CSV: it does not start with '# pxname,'")
    rows = csv.DictReader(text.removeprefix("# ").splitlines())
    return {f"{row['pxname']}/{row['svname']}": row for row in rows if row["pxname"] not in _SKIPPED_PROXIES}


def is_empty_slot(row: Mapping[str, str]) -> bool:
    """Return whether the row is a server line without a container behind it (never resolved, never used)."""
    return row.get("status", "").startswith("MAINT") and row.get("stot") in {"", "0"}


def status_values(status: str) -> dict[str, float]:
    """Return ``up`` (1 takes requests, 0 does not) and ``drain`` (1 takes none but finishes its own)."""
    drain = status.startswith("DRAIN")
    return {"up": float(status.startswith(("UP", "OPEN", "no check"))), "drain": float(drain)}


def values(text: str) -> dict[str, float]:
    """Return gauges, raw counters and status of every frontend, backend and used server, as ``proxy/server.column``."""
    flat: dict[str, float] = {}
    for key, row in parse_stats(text).items():
        if is_empty_slot(row):
            continue
        for column in (*GAUGES, *COUNTERS):
            if row.get(column):
                flat[f"{key}.{column}"] = float(row[column])
        flat.update({f"{key}.{name}": value for name, value in status_values(row.get("status", "")).items()})
    return flat


def counter_names(flat: Mapping[str, float]) -> list[str]:
    """Return the names in ``flat`` that only ever grow."""
    return [name for name in flat if name.rpartition(".")[2] in COUNTERS]
