"""A measurement against the gates: from what was seen to VALID, INVALID, or spoiled and to be made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lab.errors import LabError
from lab.model.gates import host_steal, problems, steady_state
from lab.model.gtid import transactions
from lab.model.lost import reasons
from lab.model.measurement import Measurement, Second
from lab.model.scenario import Scenario
from lab.model.speed import drift_of
from lab.model.state import RunningLab
from lab.model.stats import mean
from lab.model.steady import judge_steady
from lab.model.topology import Topology
from lab.model.window import Asked, Window
from lab.workflows.context import Context
from lab.workflows.find import own_web_image
from lab.workflows.reset import executed_gtids

if TYPE_CHECKING:
    from lab.workflows.measure import Load

_ENDS_S: Final = 2  # seconds that stand for an end of the window


def asked_of(topology: Topology, scenario: Scenario, load: Load) -> Asked:
    """Return what one window is asked for."""
    shares = {"source": "--balance source"}.get(topology.balance, "")
    if topology.sessions == "sticky":
        shares = "--sessions sticky"
    return Asked(
        users=load.users if load.rate_rps is None else None,
        rate_rps=load.rate_rps,
        think_s=scenario.think_s if load.think_s is None else load.think_s,
        mix=scenario.mix,
        web=topology.web_names,
        shares=shares,
        is_writing=scenario.data == "writes",
        is_cold=load.is_cold,
    )


def writes_since_restored(ctx: Context, lab: RunningLab) -> int | None:
    """Return the transactions on the data set since it was last fresh; None with an app whose data is not ours."""
    if own_web_image(lab):
        return None
    try:
        return transactions(executed_gtids(ctx, lab))
    except LabError:
        return None  # a primary that does not answer fails other gates


def judged(
    m: Measurement,
    asked: Asked,
    *,
    verify: Sequence[str],
    hit_ratios: Sequence[float],
    balancer_edge_s: float,
    changed: Sequence[str],
) -> Measurement:
    """Return the measurement with everything that is against it.

    Args:
        verify: what the check before the load found.
        hit_ratios: the cache's share of hits, one value a second of the window.
        balancer_edge_s: by how much HAProxy's two readings together may be off the window's ends.
        changed: what left the lab meanwhile.
    """
    seconds = [second for second in m.series if second.phase == "measure"]
    steady = judge_steady(seconds, hit_ratios)
    drift = drift_of(seconds)
    window = _window(
        m, asked, verify=verify, seconds=seconds, balancer_edge_s=balancer_edge_s, steady=steady.problem
    )
    passing = [*reasons(m.lost), drift.problem if drift else "", host_steal(window)]
    if steady.is_filling:  # warmer when it is measured again
        passing.append(steady_state(window))
    spoiled = [reason for reason in passing if reason]
    warnings = [steady.warning] if steady.warning and not asked.is_cold else []
    if asked.shares and len(asked.web) > 1:
        warnings.append(f"balance: with {asked.shares} replicas get unequal shares, so they are not judged")
    return replace(
        m,
        steady=steady.steady,
        drift_ratio=drift.ratio if drift else None,
        spoiled=spoiled,
        problems=list(dict.fromkeys([*spoiled, *changed, *problems(window)])),
        warnings=[*m.warnings, *warnings],
    )


def _window(
    m: Measurement,
    asked: Asked,
    *,
    verify: Sequence[str],
    seconds: Sequence[Second],
    balancer_edge_s: float,
    steady: str,
) -> Window:
    latencies = [second.mean_ms for second in seconds if second.mean_ms > 0] or [m.latency.mean_ms]
    top: Mapping[str, Any] | None = max(m.errors, key=lambda e: e["count"], default=None)
    return Window(
        asked=asked,
        duration_s=m.duration_s,
        requests=m.requests,
        failures=m.failures,
        top_error=f"{top['name']}: {top['error']}" if top else "",
        verify=verify,
        mean_ms=m.latency.mean_ms,
        first_ms=mean(latencies[:_ENDS_S]),
        last_ms=mean(latencies[-_ENDS_S:]),
        actions=m.actions,
        mix=m.mix,
        balancer_requests=m.balancer_requests,
        balancer_edge_s=balancer_edge_s,
        replicas=m.replicas,
        generator_cpu_ratio=m.generator_cpu_ratio,
        generator_processes=m.generator_processes,
        generator_lag_p99_ms=m.generator_lag_p99_ms,
        host_idle_ratio=m.host_idle_ratio,
        host_steal_ratio=m.host_steal_ratio,
        starts=m.starts,
        writes=m.writes,
        steady=steady,
    )
