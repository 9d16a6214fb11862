"""Show where speed-normalised throughput is right and where it is not: `python -m bench.normalisation [--windows N]`.

Three kinds of windows: web CPU binds (read-heavy over 1, 2 and 4 replicas), a database's CPU binds (no cache), and users
bind, who think for a second. The first two are those of `python -m bench.calibration`; the third is measured here, on a
lab of its own. For each: the correlation of ln throughput with -ln unit of work, and the spread before and after.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.ending import end_cleanly

LAB: Final = "normalisation"
RESULTS: Final = Path(__file__).parent / "results"
SCENARIOS: Final = Path(__file__).parents[1] / "scenarios"
MIN_WINDOWS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the windows of one point show. Spreads are standard deviations, as shares of the mean."""

    point: str
    binds: str
    windows: int
    unit_from_ms: float
    unit_to_ms: float
    correlation: float
    raw_spread: float
    normalised_spread: float


def shown(point: str, binds: str, windows: Sequence[Mapping[str, Any]]) -> Shown:
    """Return what a point's windows show; each has `throughput_rps` and `work_ms`."""
    rates = [float(window["throughput_rps"]) for window in windows]
    units = [float(window["work_ms"]) for window in windows]
    fair = [rate * unit for rate, unit in zip(rates, units, strict=True)]
    return Shown(
        point=point,
        binds=binds,
        windows=len(windows),
        unit_from_ms=min(units),
        unit_to_ms=max(units),
        correlation=statistics.correlation(
            [math.log(rate) for rate in rates], [-math.log(unit) for unit in units]
        ),
        raw_spread=statistics.stdev(rates) / statistics.mean(rates),
        normalised_spread=statistics.stdev(fair) / statistics.mean(fair),
    )


def calibrated() -> Iterable[Shown]:
    """Return the points of the last calibration, those with enough windows in which one tier binds."""
    for group in ("replicas", "database"):
        document = json.loads((RESULTS / f"calibration-{group}.json").read_text(encoding="utf-8"))
        for point, windows in document["windows"].items():
            good = [w for w in windows if w["work_ms"] and not w["problems"]]
            binds = {w["limit"].partition(" CPU, ")[0] for w in good}
            if len(good) >= MIN_WINDOWS and len(binds) == 1:
                yield shown(point, f"{binds.pop()} CPU", good)


def lab(*words: str) -> dict[str, Any]:
    """Run one `lab` command and return its document; an INVALID run is one too."""
    argv = [sys.executable, "-m", "lab", *words, "--lab", LAB, "--json", "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode not in {0, 5}:
        raise SystemExit(f"lab {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return dict(json.loads(done.stdout))


def waiting(windows: int, folder: Path) -> Shown:
    """Measure users who think for a second: no tier is near its quota, so throughput is theirs."""
    toml = (SCENARIOS / "read-heavy.toml").read_text(encoding="utf-8")
    toml = toml.replace("users = 64 ", "users = 12 ").replace("think_s = 0 ", "think_s = 1 ")
    (folder / "thinking.toml").write_text(toml, encoding="utf-8")
    (folder / "thinking.py").write_text(
        (SCENARIOS / "read-heavy.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    try:
        lab("up", "--stage", "cached")
        run = lab("bench", str(folder / "thinking.toml"), "--repeat", str(windows))
    finally:
        lab("down", "--volumes")
    (point,) = run["points"]
    return shown(
        "12 users who think for 1 s", "users", [m for m in point["measurements"] if not m["repeated"]]
    )


def main() -> int:
    """Measure, print the table, keep it."""
    end_cleanly()
    parser = argparse.ArgumentParser(prog="python -m bench.normalisation", description=__doc__)
    parser.add_argument("--windows", type=int, default=5, help="wait-bound windows (default %(default)s)")
    given = parser.parse_args()
    if given.windows < MIN_WINDOWS:
        parser.error(f"--windows: at least {MIN_WINDOWS}")
    rows = list(calibrated())
    with tempfile.TemporaryDirectory(prefix="lab-normalisation-") as folder:
        rows.append(waiting(given.windows, Path(folder)))
    print("| point | binds | windows | unit of work, ms | correlation | spread raw | normalised |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.point} | {row.binds} | {row.windows} | {row.unit_from_ms:.2f} to {row.unit_to_ms:.2f} |"
            f" {row.correlation:.2f} | {row.raw_spread:.1%} | {row.normalised_spread:.1%} |"
        )
    document = {"schema": "lab.normalisation/1", "rows": [asdict(row) for row in rows]}
    (RESULTS / "normalisation.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
