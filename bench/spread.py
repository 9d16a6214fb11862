"""Show the spread of one point over fresh labs, raw and speed-normalised: `python -m bench.spread [--starts 20]`.

Each start is a lab made from nothing, measured in one window and removed with its data: everything that differs from
start to start is in the spread. The file is written after each one, and a second call goes on where the first ended. A
start takes about 45 s. `--curve` instead times one sweep over 1 to 8 replicas with every half-width at most 5 %.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.aa import lab
from bench.ending import end_cleanly
from bench.machine import environment

RESULTS: Final = Path(__file__).parent / "results"
TOPOLOGY: Final = ("--stage", "cached", "--store", "local", "--replicas", "2")
CURVE: Final = (
    "sweep", "read-heavy", "--stage", "cached", "--store", "local", "--replicas", "1..8", "--precision", "5%",
    "--duration", "10s", "--max-time", "15m", "--yes",
)  # fmt: skip


def spread(values: Sequence[float]) -> float:
    """Return standard deviation / mean."""
    return statistics.stdev(values) / statistics.mean(values)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return both spreads of the valid windows. The reference of the unit is the same for all, so it cancels."""
    valid = [row for row in rows if not row["problems"] and row["work_ms"]]
    if len(valid) < 3:
        return {"valid": len(valid)}
    raw = [row["throughput_rps"] for row in valid]
    fair = [row["throughput_rps"] * row["work_ms"] for row in valid]
    return {
        "valid": len(valid),
        "invalid": len(rows) - len(valid),
        "raw_spread": spread(raw),
        "normalised_spread": spread(fair),
        "ratio": spread(fair) / spread(raw),
        "unit_ms": [min(row["work_ms"] for row in valid), max(row["work_ms"] for row in valid)],
        "limits": sorted({row["limit"] for row in valid}),
    }


def one_start(folder: Path, seed: int) -> dict[str, Any]:
    """Return one window on a lab of its own."""
    lab("up", *TOPOLOGY, folder=folder)
    try:
        run = lab("bench", "read-heavy", "--seed", str(seed), folder=folder, ok=(0, 5))
    finally:
        lab("down", "--volumes", folder=folder)
    point = run["points"][0]
    window = point["measurements"][-1]
    return {
        "seed": seed,
        "throughput_rps": window["throughput_rps"],
        "normalised_rps": window["normalised_rps"],
        "work_ms": window["work_ms"],
        "limit": point["limit"],
        "problems": window["problems"],
    }


def starts(count: int, most_now: int, out: Path) -> None:
    """Measure until so many starts are there."""
    rows = json.loads(out.read_text())["rows"] if out.exists() else []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(min(count - len(rows), most_now)):
            rows.append(one_start(Path(name), 1 + len(rows)))
            document = {
                "schema": "lab.spread/1",
                "environment": environment(),
                "summary": summary(rows),
                "rows": rows,
            }
            out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            print(json.dumps(rows[-1]), flush=True)
    print(json.dumps(summary(rows), indent=1))


def curve(out: Path) -> None:
    """Time one sweep and keep what it reached."""
    with tempfile.TemporaryDirectory() as name:
        began_s = time.monotonic()
        run = lab(*CURVE, folder=Path(name), ok=(0, 5))
        took_s = time.monotonic() - began_s
    points = [
        {key: point[key] for key in ("label", "throughput", "normalised", "limit", "host_bound")}
        for point in run["points"]
    ]
    document = {
        "schema": "lab.curve/1", "environment": environment(), "command": " ".join(("lab", *CURVE)), "took_s": round(took_s, 1), "valid": run["valid"],
        "procedure": run["procedure"], "points": points,
    }  # fmt: skip
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: document[key] for key in ("took_s", "valid", "procedure")}, indent=1))


def main() -> None:
    """Measure the spread, or time the curve."""
    end_cleanly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--most-now", type=int, default=1000, help="end after so many in this call")
    parser.add_argument("--curve", action="store_true", help="time a sweep over 1 to 8 replicas instead")
    parser.add_argument("--out", type=Path, help="default: spread.json or curve.json in bench/results")
    given = parser.parse_args()
    if given.curve:
        curve(given.out or RESULTS / "curve.json")
    else:
        starts(given.starts, given.most_now, given.out or RESULTS / "spread.json")


if __name__ == "__main__":
    main()
