"""Is the throughput that `lab` finds the throughput that is there? The same load by wrk, in turns.

Run: `python -m bench.against_wrk [--pairs N]`. Same lab, same place in its network, same mix of pages, same number of
connections, the same warm-up, at saturation. Each pair is one window of each, in random order, speed-normalised by the
unit of work that the pages carry. The result is the ratio of both with its 95 % interval.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.ending import end_cleanly
from bench.labs import OURS, run
from bench.machine import environment
from lab.model.stats import interval
from lab.tiers.base import image

HERE: Final = Path(__file__).parent
WRK: Final = "scalability-lab/bench-wrk"
SCENARIO: Final = "read-heavy"
CONNECTIONS: Final = 64
WARMUP_S: Final = 8  # as long as the scenario's
WINDOW_S: Final = 20
END_S: Final = 1  # wrk ends within about 0.1 s of its time
PAIRS: Final = 8
OPTIONS: Final = ("--stage", "cached", "--replicas", "3")


def by_lab(name: str, seed: int) -> dict[str, Any]:
    """Return what one bench of the running lab found."""
    words = [
        "bench",
        SCENARIO,
        "--users",
        str(CONNECTIONS),
        "--duration",
        f"{WINDOW_S}s",
        "--seed",
        str(seed),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "lab", "--lab", name, *words, "--json", "--quiet"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode not in {0, 5}:
        raise RuntimeError(f"lab bench: exit {done.returncode}\n{done.stderr[-2000:]}")
    window = json.loads(done.stdout)["points"][0]["measurements"][-1]
    return {
        "throughput_rps": window["throughput_rps"],
        "work_ms": window["work_ms"],
        "p95_ms": window["latency"]["p95_ms"],
        "generator_cpu_ratio": window["generator_cpu_ratio"],
        "host_idle_ratio": window["host_idle_ratio"],
        "problems": window["problems"],
    }


def by_wrk(name: str, seed: int) -> dict[str, Any]:
    """Return what wrk found, on the network where the probe would be, with the same share of the CPU."""
    text = run(
        ["docker", "run", "--rm", "--label", f"lab.bench={OURS}", "--network", f"{name}_web", "--cpu-shares", "4096",
         "--cap-drop", "ALL", "--read-only", WRK, "--threads", "1", "--connections", str(CONNECTIONS),
         "--duration", f"{WARMUP_S + WINDOW_S + END_S}s", "--timeout", "20s", "http://balancer:80/",
         str(seed), str(WARMUP_S), str(WINDOW_S)],
        timeout_s=WARMUP_S + WINDOW_S + 60,
    )  # fmt: skip
    found = json.loads(text.strip().splitlines()[-1])
    problems = (
        [f"wrk: {found['bad']} wrong answers, {found['errors']} errors"]
        if found["bad"] or found["errors"]
        else []
    )
    return {
        "throughput_rps": found["requests"] / WINDOW_S,
        "work_ms": found["work_ms"],
        "p95_ms": found["p95_ms"],
        "problems": problems,
    }  # fmt: skip


def summary(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the ratio lab / wrk over the pairs in which both counted, raw and normalised, with 95 % intervals."""
    good = [pair for pair in pairs if not pair["lab"]["problems"] and not pair["wrk"]["problems"]]
    found: dict[str, Any] = {"pairs": len(pairs), "used": len(good)}
    for key, value in (
        ("raw", lambda w: w["throughput_rps"]),
        ("normalised", lambda w: w["throughput_rps"] * w["work_ms"]),
    ):
        logs = [math.log(value(pair["lab"]) / value(pair["wrk"])) for pair in good]
        mean = interval(logs)
        if mean is not None:
            half = mean.half_width or 0.0
            found[key] = [math.exp(mean.mean), math.exp(mean.mean - half), math.exp(mean.mean + half)]
    return found  # fmt: skip


def main() -> None:
    """Measure the pairs, print and keep them."""
    end_cleanly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    given = parser.parse_args()
    run(
        ["docker", "build", "--build-arg", f"BASE={image('base')}", "--tag", WRK, str(HERE / "wrk")],
        timeout_s=600,
    )
    name = f"{OURS}-wrk"
    pairs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        os.environ["LAB_DIR"] = folder  # these runs are not the user's
        try:
            run([sys.executable, "-m", "lab", "--lab", name, "up", *OPTIONS])
            by_lab(name, 0)  # fills the cache for both
            for number in range(1, given.pairs + 1):
                order = random.Random(number).sample(["lab", "wrk"], 2)  # noqa: S311 - repeatable order
                found = {who: (by_lab if who == "lab" else by_wrk)(name, number) for who in order}
                pairs.append(found)
                print(json.dumps(found), flush=True)
        finally:
            run([sys.executable, "-m", "lab", "--lab", name, "down", "--volumes"])
    document = {
        "schema": "lab.against-wrk/1",
        "environment": environment(),
        "summary": summary(pairs),
        "pairs": pairs,
    }
    out = HERE / "results" / "against-wrk.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document["summary"], indent=1))


if __name__ == "__main__":
    main()
