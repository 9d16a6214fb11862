"""CPU shares: quota and period of a container, and the machine's budget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A CFS quota; both in microseconds."""

    quota_us: int
    period_us: int


def quota(cores: float) -> Quota:
    """Return the quota for a share of `cores`, period = max(20 ms, 5 ms / cores), at most 1 s.

    A quota below 5 ms is not honoured by kernels with a 4 ms tick, and a long period turns the share into a token
    bucket: latency looks too good until it stalls.

    Source: measured for this project, docs/adr/0005-cpu-quota.md; kernel Documentation/scheduler/sched-bwc.rst.
    """
    period_us = round(max(20_000.0, 5_000.0 / cores))
    return Quota(quota_us=max(1_000, round(period_us * cores)), period_us=min(period_us, 1_000_000))
