"""Show how often two equal things are called different: `python -m bench.aa [--comparisons 40]`.

One lab, many A/A comparisons. Each is a `lab bench --aa` of its own, with windows of its own: 3 pairs, the letters drawn
by lot, one 95 % interval of B/A. No window is in two comparisons, and nothing is resampled, so the share of intervals
that exclude 1 is a share of independent trials; its own uncertainty is printed (Clopper and Pearson). To be repeated
often, windows are short (6 s after 2 s of warm-up), and 16 users keep the two replicas busy: with more of them a request
waits as long as such a window is. The share says whether the intervals are honest, not how wide those of long windows
are. A comparison takes more than a minute, and begins when neighbours leave the machine alone. One without an interval is
kept and does not count. The file is written after each one, and a second call goes on where the first ended.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.ending import end_cleanly
from bench.machine import environment, wait_until_quiet

LAB: Final = "bench-aa"
RESULTS: Final = Path(__file__).parent / "results" / "aa.json"
SCENARIOS: Final = Path(__file__).parents[1] / "scenarios"
TOPOLOGY: Final = ("--stage", "cached", "--store", "local", "--replicas", "2")
PAIRS: Final = 3
USERS: Final = 16
WARMUP_S: Final = 2
WINDOW_S: Final = 6


def lab(*words: str, folder: Path, ok: Sequence[int] = (0,)) -> dict[str, Any]:
    """Run one `lab` command with `--json` and return its document."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", *words, "--lab", LAB, "--json", "--quiet"],
        capture_output=True, text=True, check=False, timeout=1800, cwd=folder,
    )  # fmt: skip
    if done.returncode not in ok:
        raise SystemExit(f"lab {' '.join(words)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def quick_scenario(folder: Path) -> str:
    """Write read-heavy with a short warm-up and return its path: the lab is warm from the comparison before."""
    for suffix in ("py", "toml"):
        text = (SCENARIOS / f"read-heavy.{suffix}").read_text(encoding="utf-8")
        lines = [
            f"warmup_s = {WARMUP_S}" if line.startswith("warmup_s") else line for line in text.splitlines()
        ]
        (folder / f"read-heavy.{suffix}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / "read-heavy.toml")


def binomial_ends(hits: int, trials: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share. Source: Clopper and Pearson, Biometrika 1934; by bisection."""

    def at_most(k: int, share: float) -> float:
        return sum(math.comb(trials, i) * share**i * (1 - share) ** (trials - i) for i in range(k + 1))

    def where(k: int, tail: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if at_most(k, middle) > tail else (low, middle)
        return (low + high) / 2

    return (0.0 if hits == 0 else where(hits - 1, 0.975), 1.0 if hits == trials else where(hits, 0.025))


def row_of(run: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return what one comparison says; `ratio` is None when too few of its windows were valid."""
    said, windows = run["procedure"], run["points"][0]["measurements"]
    return {
        "seed": seed,
        "cpu": environment()["cpu"],  # a later call may go on elsewhere: a comparison is within one machine
        **{key: said.get(key) for key in ("ratio", "low", "high", "holds_1", "pair_spread_ratio")},
        "is_normalised": all(w["normalised_rps"] is not None for w in windows if not w["problems"]),
        "windows_rps": [round(w["throughput_rps"], 2) for w in windows],
        "work_ms": [w["work_ms"] for w in windows],
        "problems": sorted({problem for w in windows for problem in w["problems"]}),
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the share of intervals that exclude 1, with its own interval."""
    counted = [row for row in rows if row["holds_1"] is not None]
    excludes = sum(not row["holds_1"] for row in counted)
    low, high = binomial_ends(excludes, len(counted)) if counted else (0.0, 1.0)
    return {
        "comparisons": len(counted),
        "without_interval": len(rows) - len(counted),
        "exclude_1": excludes,
        "share": excludes / len(counted) if counted else None,
        "share_low": low,
        "share_high": high,
    }


def is_wanted(rows: Sequence[dict[str, Any]], comparisons: int, most: int) -> bool:
    """Say whether another comparison is to be made: one without an interval is kept, and does not count."""
    return sum(row["holds_1"] is not None for row in rows) < comparisons and len(rows) < most


def main() -> None:
    """Measure until so many comparisons are there."""
    end_cleanly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=40)
    parser.add_argument("--most-now", type=int, default=80, help="end after so many in this call")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    rows = json.loads(given.out.read_text())["rows"] if given.out.exists() else []
    most = len(rows) + given.most_now
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario = quick_scenario(folder)
        try:
            if is_wanted(rows, given.comparisons, most):
                lab("up", *TOPOLOGY, folder=folder)
                lab("bench", "read-heavy", "--duration", "10s", folder=folder, ok=(0, 5))  # warms the lab up
            while is_wanted(rows, given.comparisons, most):
                wait_until_quiet()
                seed = 1 + len(rows)
                words = ["bench", scenario, "--aa", "--repeat", str(PAIRS), "--users", str(USERS)]
                words += ["--duration", f"{WINDOW_S}s", "--seed", str(seed)]
                rows.append(row_of(lab(*words, folder=folder, ok=(0, 5)), seed))
                document = {
                    "schema": "lab.aa/1",
                    "environment": environment(),
                    "pairs": PAIRS,
                    "summary": summary(rows),
                    "rows": rows,
                }
                given.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
                print(
                    json.dumps({key: rows[-1][key] for key in ("seed", "ratio", "low", "high", "problems")}),
                    flush=True,
                )
        finally:
            lab("down", "--volumes", folder=folder)
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
