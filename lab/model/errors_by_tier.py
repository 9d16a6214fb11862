"""Which tier emits the errors of a window, by the counters of all of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.measurement import Measurement, Use

_DATABASES: Final = ("db-primary", "db-replica")
_SOME_PER_S: Final = 0.02  # below it is one in a window of a minute


def emitter(measurements: Sequence[Measurement]) -> tuple[str, list[str], bool]:
    """Return (the tier that emits most of the errors, the evidence, whether counters say so and not only the answers).

    The downstream-most one: a page fails because its database refused a connection.
    """
    uses = [use for m in measurements for use in m.use]
    lines = _error_lines(measurements)
    for tier in _DATABASES:
        refused = _rate([u for u in uses if u.tier == tier], "refused_connections_per_s", measurements)
        if refused > _SOME_PER_S:
            return tier, [*lines, f"{tier} refused {refused:.1f} connections a second: max_connections"], True
        if _rate([u for u in uses if u.tier == tier], "refuses_collector", measurements):
            said = f"{tier} had no connection left even for lab's own collector: max_connections"
            return tier, [*lines, said], True
    stored = _rate([u for u in uses if u.tier == "store"], "errors_5xx_per_s", measurements)
    if stored > _SOME_PER_S:
        return "store", [*lines, f"store answered {stored:.1f} requests a second with 5xx"], True
    found, evidence, is_sure = _balancer_or_web(uses, measurements, lines)
    unread = sorted({u.target for u in uses if u.tier in _DATABASES and not u.metrics})
    if unread:
        return found, [*evidence, f"{', '.join(unread)} could not be read, and may have caused them"], False
    return found, evidence, is_sure


def _balancer_or_web(
    uses: Sequence[Use], measurements: Sequence[Measurement], lines: list[str]
) -> tuple[str, list[str], bool]:
    balancers = [u for u in uses if u.tier == "balancer"]
    if not balancers:
        return "web", lines, False
    by_server = {u.target: 0.0 for u in uses if u.tier == "web"}
    for name in by_server:
        by_server[name] = sum(
            _rate(balancers, f"web/{name}.{kind}", measurements)
            for kind in ("hrsp_5xx_per_s", "econ_per_s", "eresp_per_s")
        )
    served, front = sum(by_server.values()), _rate(balancers, "public/FRONTEND.hrsp_5xx_per_s", measurements)
    if served > _SOME_PER_S:
        worst = max(by_server, key=lambda name: by_server[name])
        return (
            "web",
            [*lines, f"{worst} failed {by_server[worst]:.1f} of {served:.1f} requests a second"],
            True,
        )
    if front > _SOME_PER_S:
        said = f"HAProxy itself answered {front:.1f} requests a second with 5xx, and no web replica did"
        return "balancer", [*lines, said], True
    return "web", [*lines, "answers were wrong and no counter of errors moved"], False


def _error_lines(measurements: Sequence[Measurement]) -> list[str]:
    errors = [error for m in measurements for error in m.errors]
    top = sorted(errors, key=lambda e: -e["count"])[:3]
    return [f"{error['name']}: {error['error']} ({error['count']} times)" for error in top]


def _rate(uses: Sequence[Use], metric: str, measurements: Sequence[Measurement]) -> float:
    """Return the mean rate over the measurements; means, because errors come in bursts."""
    return sum(use.metrics.get(metric, 0.0) for use in uses) / max(1, len(measurements))
