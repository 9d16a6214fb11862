"""What the probe's readings of the tiers say about one window. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, Final

from lab.model.use import TierValues

_FRONT: Final = "public/FRONTEND.req_tot"  # every request of the generator comes through this front end

# The extra readings at the window's ends, by (`start` or `end`, target): Unix time, values.
Edges = dict[tuple[str, str], tuple[float, Mapping[str, Any]]]


def balancer_count(edges: Edges, window: Mapping[str, float]) -> tuple[int | None, float]:
    """Return (the requests that HAProxy counted, by how many seconds its two readings may be off the window's ends)."""
    start, end = edges.get(("start", "balancer")), edges.get(("end", "balancer"))
    if start is None or end is None or _FRONT not in start[1] or _FRONT not in end[1]:
        return None, 0.0
    off_s = abs(start[0] - window["start_s"]) + abs(end[0] - window["end_s"])
    return round(end[1][_FRONT] - start[1][_FRONT]), off_s


def hit_ratios(tiers: TierValues, nodes: Sequence[str]) -> list[float]:
    """Return the cache's share of hits in each second, the mean over its nodes; empty without one."""
    series = [tiers.by_target.get(node, {}).get("hit_ratio", []) for node in nodes]
    return [mean(values) for values in zip(*series, strict=False)]
