"""Synthetic runs for tests and for looking at the report. No figure in here was measured.

The numbers follow a simple law (a web replica serves 24 requests/s until the database's CPU binds at 150/s) with a
small seeded noise, so that they look like a real run without being one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.model.measurement import Latency, Measurement, Second, Use
from lab.model.run import Point, Run
from lab.model.stats import interval
from lab.model.topology import options_of, resolve

WEB_RPS = 24.0
DB_RPS = 150.0
PAGES = {
    "feed": (0.55, 1.0),
    "photo": (0.25, 0.9),
    "user": (0.12, 1.1),
    "search": (0.05, 2.6),
    "tiny": (0.03, 0.4),
}
ENVIRONMENT: dict[str, Any] = {
    "synthetic": True,
    "cpu_model": "Synthetic CPU @ 2.50GHz",
    "cores": 2,
    "memory_bytes": 24 * 2**30,
    "os": "Debian GNU/Linux 12 (bookworm)",
    "kernel": "6.18.0",
    "architecture": "x86_64",
    "cgroup_version": "1",
    "engine_version": "26.1.5",
    "lab_version": "0.1.0",
    "git_revision": "0123456789abcdef0123456789abcdef01234567",
    "locust_version": "2.47.0",
    "images": {
        "scalability-lab/web:0.1.0": "sha256:" + "ab12" * 16,
        "scalability-lab/db:0.1.0": "sha256:" + "cd34" * 16,
    },
    "reference_work_ms": 3.2,
}


def sample_use(topology: Any, rps: float, rng: random.Random) -> list[Use]:
    def use(target: str, tier: str, cores: float, quota: float | None, metrics: Mapping[str, float]) -> Use:
        ratio = min(cores / quota, 1.0) if quota else None
        return Use(
            target=target, tier=tier, cpu_cores=min(cores, quota or cores), quota_cores=quota, cpu_of_quota_ratio=ratio,
            throttled_ratio=max(0.0, (ratio or 0) - 0.1) if quota else 0.0, memory_bytes=int(30e6 + 1e6 * rng.random()), metrics=metrics,
        )  # fmt: skip

    found = []
    each = rps / topology.replicas
    if topology.has_balancer:
        found.append(
            use(
                "balancer",
                "balancer",
                rps * 0.0004,
                None,
                {"web/BACKEND.qcur": 11.2, "web/BACKEND.qtime": 42.0, "web/web-1.scur": 8.0},
            )
        )
    web = {"busy_workers": 7.6, "keepalive_workers": 0.4, "accesses_per_s": each}
    found += [use(name, "web", each * 0.00405, topology.web_cpu, web) for name in topology.web_names]
    cache = {"hit_ratio": 0.93, "bytes": 6.2e6, "get_hits_per_s": rps * 2.1, "evictions_per_s": 0.0}
    found += [use(name, "cache", rps * 0.0001, None, cache) for name in topology.cache_names]
    found.append(
        use(
            "db-primary",
            "db-primary",
            rps * 0.00198,
            topology.db_cpu,
            {"threads_running": 2.4, "questions_per_s": rps * 3.0, "row_lock_waits_per_s": 0.02},
        )
    )
    copy = {"lag_ms": 11.0, "threads_running": 1.3, "applier_running": 1.0}
    found += [
        use(name, "db-replica", rps * 0.0004, topology.db_replica_cpu, copy)
        for name in topology.db_replica_names
    ]
    if topology.store == "s3":
        found.append(
            use(
                "store",
                "store",
                rps * 0.0003,
                None,
                {"requests_per_s": rps * 0.4, "sent_bytes_per_s": rps * 5000},
            )
        )
    return found


def sample_series(
    rps: float,
    p95_ms: float,
    rng: random.Random,
    start_s: float,
    failures: int = 0,
    *,
    is_cached: bool = False,
) -> list[Second]:
    found = []
    for t in range(30):
        phase = "ramp" if t < 2 else "warmup" if t < 10 else "measure"
        share = min(1.0, 0.2 + t / 9)
        found.append(
            Second(
                t_s=start_s + t, phase=phase, throughput_rps=round(rps * share * rng.uniform(0.93, 1.07), 2),
                failures=failures if t == 20 else 0, mean_ms=p95_ms * 0.5, p95_ms=round(p95_ms * rng.uniform(0.85, 1.2) * (1.5 - share / 2), 1),
                hit_ratio=min(0.93, 0.1 + t / 12) if is_cached and t else None,  # nothing was read before the first second
            )
        )  # fmt: skip
    return found


def sample_measurement(
    topology: Any, rps: float, block: int, *, users: int = 64, problems: Sequence[str] = (), failures: int = 0
) -> Measurement:
    rng = random.Random(f"{rps}-{block}")
    speed = rng.uniform(0.94, 1.06)  # how fast the machine happened to be
    measured = rps * speed * rng.uniform(0.995, 1.005)
    mean_ms = 1000 * users / measured
    requests = round(measured * 20)
    names = topology.web_names
    start_s = 1_764_000_000.0 + 40 * block
    return Measurement(
        block=block, started_at_s=start_s, duration_s=20.0, requests=requests, failures=failures, throughput_rps=measured,
        normalised_rps=measured * (3.2 / speed) / 3.2, work_ms=3.2 / speed,
        latency=Latency(mean_ms=mean_ms, p50_ms=mean_ms * 0.9, p95_ms=mean_ms * 1.9, p99_ms=mean_ms * 2.7, max_ms=mean_ms * 4),
        by_name={
            name: {"requests": round(requests * share), "failures": 0, "mean_ms": mean_ms * cost, "p95_ms": mean_ms * cost * 1.8}
            for name, (share, cost) in PAGES.items()
        },
        errors=[{"name": "photo", "error": "HTTP 503", "count": failures}] if failures else [],
        replicas={name: requests // len(names) for name in names}, cache={"hit": round(requests * 0.8), "miss": round(requests * 0.1), "off": 0},
        generator_cpu_ratio=0.12 + measured / 2500, host_idle_ratio=0.46 if not problems else 0.04, host_steal_ratio=0.002,
        use=sample_use(topology, measured, rng), histogram="",
        series=sample_series(measured, mean_ms * 1.9, rng, start_s, failures, is_cached=topology.cache == "aside"),
        problems=tuple(problems),
    )  # fmt: skip


def sample_point(
    label: str,
    setting: Mapping[str, Any],
    topology: Any,
    measurements: Sequence[Measurement],
    limit: tuple[str, str],
) -> Point:
    valid = [m for m in measurements if m.is_valid]
    return Point(
        label=label, setting=setting, topology=options_of(topology), measurements=tuple(measurements),
        throughput=interval([m.throughput_rps for m in valid]), normalised=interval([m.normalised_rps for m in valid if m.normalised_rps]),
        p95=interval([m.latency.p95_ms for m in valid]), limit=limit[0] if valid else "INVALID", next_limit=limit[1] if valid else "",
    )  # fmt: skip


def sample_run(kind: str, factor: str, points: Sequence[Point], *, blocks: int = 3, **changes: Any) -> Run:
    fields: dict[str, Any] = {
        "id": f"20261124-070000-read-heavy-{'by-' + factor if factor else '3web'}", "kind": kind, "name": None, "created_at": "2026-11-24T07:00:00+00:00",
        "scenario": {
            "name": "read-heavy", "title": "Many readers, few writers", "hypothesis": "Throughput grows with the web replicas until the database binds.",
            "mix": {name: share for name, (share, _) in PAGES.items()}, "sha256": "ef56" * 16,
        },
        "load": {"model": "closed", "users": 64, "think_s": 0.0, "ramp_s": 2.0, "warmup_s": 8.0, "duration_s": 20.0},
        "environment": ENVIRONMENT, "factor": factor, "seed": 20260101, "blocks": blocks, "points": tuple(points),
    }  # fmt: skip
    return Run(**{**fields, **changes})


HOST_BOUND = "machine: only 4% idle (at least 10%): host-bound; use fewer replicas, or close other programs"


def replica_sweep(
    *, values: Sequence[int] = (1, 2, 4), invalid: tuple[int, int] | None = (4, 2), **changes: Any
) -> Run:
    """A synthetic sweep over `replicas`: three blocks, one INVALID measurement at (replicas, block)."""
    points = []
    for n in values:
        topology = resolve({"replicas": n})
        rps = min(WEB_RPS * n, DB_RPS)
        measurements = [
            sample_measurement(
                topology,
                rps * (0.37 if (n, block) == invalid else 1),
                block,
                problems=[HOST_BOUND] if (n, block) == invalid else [],
            )
            for block in (1, 2, 3)
        ]
        limit = (
            ("web CPU, 97% of its quota", "db-primary")
            if rps < DB_RPS
            else ("db-primary CPU, 99% of its quota", "web")
        )
        points.append(sample_point(str(n), {"replicas": n}, topology, measurements, limit))
    return sample_run("sweep", "replicas", points, **changes)


def stage_sweep() -> Run:
    """A synthetic sweep over the ladder of stages."""
    points = []
    for stage, rps in {
        "single": 24.0,
        "balanced": 66.0,
        "shared": 63.0,
        "cached": 72.0,
        "replicated": 71.0,
    }.items():
        topology = resolve({"stage": stage})
        measurements = [sample_measurement(topology, rps, block) for block in (1, 2, 3)]
        points.append(
            sample_point(
                stage, {"stage": stage}, topology, measurements, ("web CPU, 96% of its quota", "db-primary")
            )
        )
    return sample_run("sweep", "stage", points)


def user_sweep() -> Run:
    """A synthetic sweep over the number of users, one block: no intervals."""
    topology = resolve({})
    points = [
        sample_point(
            str(n),
            {"users": n},
            topology,
            [sample_measurement(topology, min(n * 9.0, 72.0), 1, users=n)],
            ("web CPU, 90% of its quota", "db-primary"),
        )
        for n in (1, 4, 16, 64)
    ]
    return sample_run("sweep", "users", points, blocks=1)


def bench(*, repeat: int = 5, problems: Sequence[str] = (), failures: int = 0, **changes: Any) -> Run:
    """A synthetic bench of three web replicas."""
    topology = resolve({})
    measurements = [
        sample_measurement(
            topology,
            3 * WEB_RPS,
            block,
            problems=problems if block == 1 else (),
            failures=failures if block == 1 else 0,
        )
        for block in range(1, repeat + 1)
    ]
    point = sample_point("3 web", {}, topology, measurements, ("web CPU, 97% of its quota", "db-primary"))
    return sample_run("bench", "", [point], blocks=repeat, **changes)


def with_histograms(run: Run) -> Run:
    """Return the run with a histogram in every measurement, as the probe would have kept it."""
    from hdrh.histogram import HdrHistogram

    def kept(m: Measurement) -> Measurement:
        found, rng = HdrHistogram(1, 60_000_000, 3), random.Random(m.block)
        for _ in range(200):
            found.record_value(max(1, round(1000 * rng.expovariate(1 / m.latency.mean_ms))))
        return replace(m, histogram=found.encode().decode())

    points = [replace(p, measurements=tuple(kept(m) for m in p.measurements)) for p in run.points]
    return replace(run, points=tuple(points))
