"""Read HAProxy's statistics. Pure.

Source: HAProxy management guide, section 9.1 "CSV format": columns are found by their header, never by position.
"""

import csv
from collections.abc import Mapping
from typing import Final

GAUGES: Final = ("scur", "qcur", "qtime", "rtime", "slim")
COUNTERS: Final = ("stot", "req_tot", "hrsp_5xx", "econ", "eresp", "wretr", "wredis")
_WANTED: Final = frozenset({"pxname", "svname", "status", *GAUGES, *COUNTERS})
# Listeners would only repeat their frontend; the statistics' own frontend counts this collector's requests.
_SKIPPED_PROXIES: Final = {"stats"}


def parse_stats(text: str) -> dict[str, dict[str, str]]:
    """Return the wanted columns of the rows by ``proxy/server``; a server line that was never used is left out.

    A line has a hundred columns, and most lines are slots without a container behind them.

    Raises: ValueError when the text is not HAProxy's CSV.
    """
    if not text.startswith("# pxname,"):
        raise ValueError("not HAProxy's CSV: it does not start with '# pxname,'")
    header, *rows = csv.reader(text.removeprefix("# ").splitlines())
    place = {name: index for index, name in enumerate(header) if name in _WANTED}
    found = {}
    for row in rows:
        if len(row) >= len(header) - 1 and row[place["pxname"]] not in _SKIPPED_PROXIES:
            wanted = {name: row[index] for name, index in place.items()}
            if not _is_empty_slot(wanted):
                found[f"{wanted['pxname']}/{wanted['svname']}"] = wanted
    return found


def _is_empty_slot(row: Mapping[str, str]) -> bool:
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
        for column in (*GAUGES, *COUNTERS):
            if row.get(column):
                flat[f"{key}.{column}"] = float(row[column])
        flat.update({f"{key}.{name}": value for name, value in status_values(row.get("status", "")).items()})
    return flat


def counter_names(flat: Mapping[str, float]) -> list[str]:
    """Return the names in ``flat`` that only ever grow."""
    return [name for name in flat if name.rpartition(".")[2] in COUNTERS]
