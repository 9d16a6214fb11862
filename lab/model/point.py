"""A point of a run, made of its measurements. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.model.counting import counting_ratio
from lab.model.measurement import Measurement
from lab.model.run import Interval, Point
from lab.model.speed import Reference, normalised
from lab.model.stats import interval, mean
from lab.model.topology import Topology, options_of
from lab.model.verdict import binding_tier, limit_words, verdict_of


def point(
    label: str,
    setting: Mapping[str, Any],
    topology: Topology,
    measurements: Sequence[Measurement],
    *,
    host_bound: str = "",
    reference: Reference | None = None,
) -> Point:
    """Return a point with intervals over its valid measurements; INVALID ones are kept but count for nothing.

    Args:
        reference: the speed that throughput is normalised to, where a tier's CPU binds.
    """
    valid = [m for m in measurements if m.is_valid]
    verdict = verdict_of(valid) if valid else None
    limit, following = limit_words(verdict) if verdict else ("INVALID", "")
    if reference:
        measurements = normalised(measurements, reference, binds=binding_tier(verdict) if verdict else "")
        valid = [m for m in measurements if m.is_valid]
    return Point(
        label=label,
        setting=dict(setting),
        topology=options_of(topology),
        measurements=tuple(measurements),
        throughput=_throughput([m.throughput_rps for m in valid], valid),
        normalised=_throughput([m.normalised_rps for m in valid if m.normalised_rps], valid),
        p95=interval([m.latency.p95_ms for m in valid]),
        limit=limit,
        next_limit=following,
        host_bound=host_bound,
        verdict=verdict,
    )


def _throughput(values: Sequence[float], valid: Sequence[Measurement]) -> Interval | None:
    """Return the interval of counted requests per second, which is not finer than counting is."""
    return interval(values, least_spread=counting_ratio(valid) * mean(values))
