"""Count the transactions in a set of MySQL's global transaction ids. Pure."""

from __future__ import annotations

import re
from typing import Final

_SPAN: Final = re.compile(r"(\d+)(?:-(\d+))?")


def transactions(gtid_set: str) -> int | None:
    """Return how many transactions `uuid:1-5:8, uuid:tag:1-3` holds; 0 for an empty set, None when it cannot be read.

    Source: MySQL manual, GTID sets: comma between servers, colon between tags and intervals, both ends included.
    """
    total = 0
    for server in filter(None, re.split(r"[,\s]+", gtid_set.replace("\\n", " "))):
        for part in server.split(":")[1:]:
            span = _SPAN.fullmatch(part)
            if span:
                total += int(span[2] or span[1]) - int(span[1]) + 1
            elif not re.fullmatch(r"[a-z_][a-z0-9_]{0,31}", part):  # a tag
                return None
        if ":" not in server:
            return None
    return total
