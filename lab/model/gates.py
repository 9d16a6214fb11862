"""Validity gates: any of them makes a measurement INVALID, with the reason and the remedy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

MAX_ERROR_RATIO: Final = 0.001  # 0.1 %: docs/measuring.md
MAX_GENERATOR_RATIO: Final = 0.70  # of one core; above it the generator's own queueing shows up as latency
MIN_HOST_IDLE_RATIO: Final = 0.10
MIN_REQUESTS: Final = 50


def problems(
    *,
    requests: int,
    failures: int,
    top_error: str,
    generator_cpu_ratio: float,
    host_idle_ratio: float | None,
    verify: Sequence[str],
) -> list[str]:
    """Return why a measurement is INVALID; an empty list means VALID.

    Args:
        top_error: the commonest error's text.
        host_idle_ratio: of the engine's machine; None when it could not be read.
        verify: what the check before the load found.
    """
    found = [f"responses: {problem}" for problem in verify]
    if requests == 0:
        return [*found, "no request was answered in the window: lab status; lab logs web"]
    if failures / requests > MAX_ERROR_RATIO:
        found.append(
            f"errors: {failures:,} of {requests:,} requests failed ({failures / requests:.1%}; at most"
            f" {MAX_ERROR_RATIO:.1%}): {top_error or 'see the errors table'}"
        )
    elif requests < MIN_REQUESTS:
        found.append(f"too few requests: {requests} (at least {MIN_REQUESTS}): use a longer --duration")
    if generator_cpu_ratio > MAX_GENERATOR_RATIO:
        found.append(
            f"load generator: used {generator_cpu_ratio:.0%} of a core (at most {MAX_GENERATOR_RATIO:.0%}): it was the"
            " bottleneck, not the lab; use fewer --users"
        )
    if host_idle_ratio is not None and host_idle_ratio < MIN_HOST_IDLE_RATIO:
        found.append(
            f"machine: only {host_idle_ratio:.0%} idle (at least {MIN_HOST_IDLE_RATIO:.0%}): host-bound; use fewer"
            " replicas, or close other programs"
        )
    return found
