"""More synthetic runs: two factors, host-bound points, an A/A run, a search for capacity, an intervention."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.model.lost import Lost
from lab.model.measurement import Latency, Measurement, Starts, Steady
from lab.model.run import Run, Verdict
from lab.model.topology import resolve
from tests.unit.run_samples import (
    HOST_BOUND,
    WEB_RPS,
    replica_sweep,
    sample_measurement,
    sample_point,
    sample_run,
)

PLAN = "the plan needs 2.1 of 2 cores under full load (at most 90 %)"
VERDICT = Verdict(
    kind="cpu", culprit="web", second="db-primary", sentence="web CPU: 97 % of its quota, throttled in 94 % of the periods",
    evidence=("web: CPU 97 % of its quota (at least 85 %)", "web: throttled in 94 % of the periods (at least 80 %)"), is_confident=True,
)  # fmt: skip
UNSURE = Verdict(
    kind="soft-limit", culprit="web", second="", sentence="web workers: 97 % of them busy", evidence=("highest CPU: web, 71 % of its quota",),
)  # fmt: skip


def full(measurement: Measurement) -> Measurement:
    """Return a measurement with everything that a newer lab records."""
    return dataclasses.replace(
        measurement, normalised_by="web", drift_ratio=-0.012, balancer_requests=measurement.requests + 1, actions=measurement.requests,
        mix={"feed": 0.55}, steady=Steady(throughput_s=1.0, latency_s=2.0, hit_ratio_s=0.0), generator_lag_p99_ms=1.4,
        collectors_cpu_ratio=0.011, lost=Lost(stalled_s=0.002, late_s=0.01),
    )  # fmt: skip


def complete_sweep(values: Sequence[int] = (1, 2, 4, 8, 12)) -> Run:
    """A synthetic sweep with everything: verdicts, gates' figures, a point that is host-bound, one that is only INVALID."""
    run = replica_sweep(values=values, invalid=(4, 2))
    points = []
    for i, point in enumerate(run.points):
        measurements = tuple(full(m) for m in point.measurements)
        changed = dataclasses.replace(point, measurements=measurements, verdict=UNSURE if i == 1 else VERDICT)
        if point.label == "8":
            changed = dataclasses.replace(changed, host_bound=PLAN)
        if point.label == "12":
            spoiled = tuple(
                dataclasses.replace(m, problems=(HOST_BOUND,), throughput_rps=0.83 * m.throughput_rps)
                for m in measurements
            )
            changed = dataclasses.replace(
                changed, measurements=spoiled, throughput=None, normalised=None, p95=None, host_bound=PLAN, limit="INVALID", verdict=None,
            )  # fmt: skip
        points.append(changed)
    procedure: dict[str, Any] = {
        "precision_ratio": 0.03,
        "reached_ratio": 0.021,
        "ended": "every half-width is below 3 %",
    }
    return dataclasses.replace(run, points=tuple(points), procedure=procedure)


def two_factor_sweep() -> Run:
    """A synthetic sweep over replicas, with and without the cache."""
    points = []
    for cache in ("off", "aside"):
        for n in (1, 2, 4):
            topology = resolve({"replicas": n, "cache": cache})
            rps = min(WEB_RPS * n, 45.0 if cache == "off" else 200.0)
            found = [full(sample_measurement(topology, rps, block)) for block in (1, 2, 3)]
            limit = (
                ("web CPU, 96% of its quota", "db-primary")
                if rps < 45 or cache != "off"
                else ("db-primary CPU, 98% of its quota", "web")
            )
            points.append(
                sample_point(f"{n}, {cache}", {"replicas": n, "cache": cache}, topology, found, limit)
            )
    return sample_run(
        "sweep", "replicas", points, second_factor="cache", id="20261124-080000-read-heavy-by-replicas-cache"
    )


def a_a_run(**changes: Any) -> Run:
    """A synthetic A/A run: five pairs of the same point."""
    topology = resolve({})
    found = [
        dataclasses.replace(full(sample_measurement(topology, 72.0, i)), block=1 + i // 2) for i in range(10)
    ]
    point = sample_point("3 web", {}, topology, found, ("web CPU, 97% of its quota", ""))
    pairs = [{"block": block, "ratio": 1.004} for block in range(1, 6)]
    fields: dict[str, Any] = {"blocks": 5, "procedure": {"noise_ratio": 0.014, "pairs": pairs}, **changes}
    return sample_run("aa", "", [point], **fields)


def verify_run() -> Run:
    """A synthetic intervention: the web tier's share raised, and the database's as the control."""
    topology = resolve({})
    points = []
    for label, rps in (("as it was", 72.0), ("web x1.5", 107.0), ("db-primary x1.5", 72.3)):
        found = [full(sample_measurement(topology, rps, block)) for block in (1, 2, 3)]
        points.append(
            sample_point(label, {"share": label}, topology, found, ("web CPU, 97% of its quota", ""))
        )
    procedure = {
        "of": "20261124-070000-read-heavy-3web", "suspect": "web", "outcome": "confirmed", "why": "web x1.5 raised throughput by 48 %, predicted 50 %",
        "ratio": {"ratio": 1.48, "low": 1.44, "high": 1.52, "pairs": 3}, "predicted_ratio": 1.5, "needed_ratio": 1.25, "control": "db-primary x1.5",
    }  # fmt: skip
    return sample_run("verify", "share", points, procedure=procedure)


def capacity_run() -> Run:
    """A synthetic search for the highest rate that holds an objective."""
    topology = resolve({})
    points, trials = [], []
    for rate, p95 in ((20.0, 90.0), (30.0, 105.0), (45.0, 160.0), (60.0, 240.0), (67.5, 900.0)):
        found = dataclasses.replace(
            full(sample_measurement(topology, rate, 1)),
            latency=Latency(mean_ms=p95 / 2, p50_ms=p95 / 2.2, p95_ms=p95, p99_ms=p95 * 1.4, max_ms=p95 * 2),
            starts=Starts(planned=round(rate * 20), late=1, dropped=0, late_p99_ms=1.1),
        )
        points.append(
            sample_point(
                f"{rate:g}",
                {"rate": rate, "replicas": 3},
                topology,
                [found],
                ("web CPU, 97% of its quota", ""),
            )
        )
        trials.append(
            {
                "rate_rps": rate,
                "replicas": 3,
                "holds": p95 < 200,
                "why": [] if p95 < 200 else [f"p95 {p95:g} ms"],
            }
        )
    procedure = {
        "slo": "p95<200ms", "saturation_rps": 71.0, "stopped": "", "trials": trials, "holds_rps": 45.0, "holds_runs": [3, 3], "fails_rps": 60.0,
        "fails_runs": [3, 3], "confirmed": True,
    }  # fmt: skip
    load = {
        "model": "open",
        "users": None,
        "rate_rps": None,
        "think_s": 0.0,
        "ramp_s": 2.0,
        "warmup_s": 8.0,
        "duration_s": 20.0,
    }
    return sample_run("capacity", "rate", points, blocks=1, procedure=procedure, load=load)
