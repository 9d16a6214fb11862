"""How well the open load keeps its plan: 300 actions a second for a minute, against a server that only answers."""

from __future__ import annotations

import json
from typing import Any, Final

from bench.figures import Figure
from bench.rows.generator import answering, probe_lines, static_job

RATE_RPS: Final = 300.0
DURATION_S: Final = 60.0
POOL_USERS: Final = 512


def measure(rounds: int) -> list[Figure]:
    """Return the share of starts more than 5 ms late or dropped, and the CPU of the generator while it does that."""
    with answering() as network:
        results = [_result(network) for _ in range(rounds)]
    late = [100 * (r["starts"]["late"] + r["starts"]["dropped"]) / r["starts"]["planned"] for r in results]
    cores = [r["generator"]["cpu_ratio"] for r in results]
    what = "open load, 300/s for 60 s: starts more than 5 ms late, or dropped"
    return [
        Figure(name="open-load", what=what, unit="%", values=late, reach=1.0),
        Figure(name="open-load-cpu", what="the same: CPU of the generator", unit="cores", values=cores),
    ]


def _result(network: str) -> dict[str, Any]:
    job = static_job()
    job["load"] |= {"users": POOL_USERS, "rate_rps": RATE_RPS, "duration_s": DURATION_S}
    with probe_lines(network, json.dumps(job)) as (_name, lines):
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "result":
                if event["failures"] or not event["starts"]["planned"]:
                    raise RuntimeError(f"open load: {event['failures']} failed, {event['starts']}")
                return event
    raise RuntimeError("open load: the probe ended without a result")
