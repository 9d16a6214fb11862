"""Show that the default shares mean what they seem to mean: web binds, replicas scale, caches and read replicas lift.

Run: `python -m bench.calibration [GROUP...]`. Every point gets a lab of its own, made from nothing and removed again,
in randomised complete blocks. The file of results is written after every point, so that what is measured is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench.ending import end_cleanly

LAB: Final = "calibration"
RESULTS: Final = Path(__file__).parent / "results"
BLOCKS: Final = 5

# Points by group: name -> (scenario, options of `lab up`).
GROUPS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "replicas": {
        "1 replica": ("read-heavy", "--replicas 1"),
        "2 replicas": ("read-heavy", "--replicas 2"),
        "4 replicas": ("read-heavy", "--replicas 4"),
    },
    "database": {
        "no cache, 0 read replicas": ("read-heavy", "--replicas 8 --cache off --db-replicas 0"),
        "no cache, 1 read replica": ("read-heavy", "--replicas 8 --cache off --db-replicas 1"),
        "no cache, 2 read replicas": ("read-heavy", "--replicas 8 --cache off --db-replicas 2"),
        "cache, 0 read replicas": ("read-heavy", "--replicas 8 --cache aside --db-replicas 0"),
    },
    "tiny": {
        "tiny page, no cache": ("tiny-page", "--stage cached --cache off"),
        "tiny page, cache": ("tiny-page", "--stage cached --cache aside"),
    },
}


def lab(*words: str, ok: Sequence[int] = (0,)) -> dict[str, Any]:
    """Run one `lab` command with `--json` and return its document."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", *words, "--lab", LAB, "--json", "--quiet"],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    if done.returncode not in ok:
        raise SystemExit(
            f"lab {' '.join(words)}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr}"
        )
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def measure(scenario: str, options: str, *, seed: int) -> dict[str, Any]:
    """Return one window on a lab of its own."""
    lab("up", *options.split())
    try:
        run = lab("bench", scenario, "--seed", str(seed), ok=(0, 5))
    finally:
        lab("down", "--volumes")
    point = run["points"][0]
    window = point["measurements"][0]
    cpu: dict[str, list[float]] = {}
    for use in window["use"]:
        if use["cpu_of_quota_ratio"] is not None:
            cpu.setdefault(use["tier"], []).append(use["cpu_of_quota_ratio"])
    hits, asked = window["cache"].get("hit", 0), sum(window["cache"].get(k, 0) for k in ("hit", "miss"))
    return {
        "throughput_rps": window["throughput_rps"],
        "work_ms": window["work_ms"],
        "p95_ms": window["latency"]["p95_ms"],
        "host_idle_ratio": window["host_idle_ratio"],
        "host_steal_ratio": window["host_steal_ratio"],
        "cpu_of_quota_ratio": {tier: statistics.mean(values) for tier, values in cpu.items()},
        "hit_ratio": hits / asked if asked else None,
        "limit": point["limit"],
        "problems": window["problems"],
    }


def normalised(windows: Sequence[Mapping[str, Any]], reference_ms: float) -> list[float]:
    """Return throughputs at one speed of the machine: times this window's unit of work, by the mean of all."""
    return [w["throughput_rps"] * w["work_ms"] / reference_ms for w in windows]


def summary(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return a row per point: medians and ranges of the valid windows, raw and speed-normalised, in requests/s."""
    valid = {name: [w for w in windows if not w["problems"]] for name, windows in found.items()}
    every = [w["work_ms"] for windows in valid.values() for w in windows]
    rows = []
    for name, windows in valid.items():
        if not windows:
            continue
        raw = [w["throughput_rps"] for w in windows]
        fair = normalised(windows, statistics.mean(every))
        rows.append(
            {
                "point": name,
                "n": len(raw),
                "invalid": len(found[name]) - len(raw),
                "raw_rps": [statistics.median(raw), min(raw), max(raw)],
                "normalised_rps": [statistics.median(fair), min(fair), max(fair)],
                "limits": sorted({w["limit"] for w in windows}),
            }
        )
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as text, ratios to the first row."""
    lines = [
        f"{'point':28} {'n':>2}  {'raw req/s (min..max)':26} {'ratio':>5}  {'normalised (min..max)':26} {'ratio':>5}"
    ]
    for row in rows:
        cells = [f"{row['point']:28} {row['n']:2}"]
        for key in ("raw_rps", "normalised_rps"):
            median, low, high = row[key]
            cells.append(
                f"{median:7.1f} ({low:.1f}..{high:.1f})".ljust(26) + f" {median / rows[0][key][0]:5.2f}"
            )
        lines.append("  ".join(cells) + (f"  {row['invalid']} INVALID" if row["invalid"] else ""))
        lines += [f"{'':32}{limit}" for limit in row["limits"]]
    return "\n".join(lines)


def run_group(group: str, blocks: int, out: Path, *, is_more: bool = False) -> None:
    """Measure a group's points in random order, block by block, and keep everything; `is_more`: after what is kept."""
    points = GROUPS[group]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in points}
    if is_more:
        kept = json.loads(out.read_text(encoding="utf-8"))["windows"]
        whole = min(map(len, kept.values()))  # a block that was not finished is measured again
        found = {name: kept[name][:whole] for name in points}
    for block in range(1 + len(next(iter(found.values()))), blocks + 1):
        order = random.Random(f"{group} {block}").sample(list(points), len(points))  # noqa: S311 - repeatable order
        for name in order:
            start_s = time.monotonic()
            window = measure(*points[name], seed=block)
            found[name].append(window)
            print(
                f"{group} {block}/{blocks} {name}: {window['throughput_rps']:.1f} req/s, unit {window['work_ms']:.2f} ms,"
                f" idle {window['host_idle_ratio']:.0%}, {'; '.join(window['problems']) or window['limit']}"
                f" ({time.monotonic() - start_s:.0f} s)",
                flush=True,
            )
            document = {
                "schema": "lab.calibration/1",
                "group": group,
                "windows": found,
                "rows": summary(found),
            }
            out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(table(summary(found)))


def main() -> None:
    """Measure the groups that are named, or all."""
    end_cleanly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "groups", nargs="*", default=list(GROUPS), help=f"of {', '.join(GROUPS)}; all when none is named"
    )
    parser.add_argument("--blocks", type=int, default=BLOCKS)
    parser.add_argument(
        "--more", action="store_true", help="keep the blocks that are there, and add up to --blocks"
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    unknown = set(given.groups) - set(GROUPS)
    if unknown:
        parser.error(f"unknown group: {', '.join(sorted(unknown))}; allowed: {', '.join(GROUPS)}")
    given.out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lab-calibration-") as folder:
        os.environ["LAB_DIR"] = folder  # these runs are not the user's
        for group in given.groups:
            run_group(group, given.blocks, given.out / f"calibration-{group}.json", is_more=given.more)


if __name__ == "__main__":
    main()
