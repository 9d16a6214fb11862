"""What the lab's own measuring is worth, from the files that its long benchmarks left. Pure.

Each of them takes ten minutes to an hour, and is run by itself: see the table's last column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

HEADING: Final = "## What the measuring is worth\n"
NOT_YET: Final = "not measured yet"

_AA_RANGE: Final = (0.02, 0.10)
_AA_COMPARISONS: Final = 40
_WRK_REACH: Final = 0.03
_CURVE_REACH_S: Final = 15 * 60
_CURVE_PRECISION: Final = 0.05
_TRUTH_REACH: Final = 0.95
_TRUTH_CASES: Final = 20
_SPREAD_RATIO: Final = 0.5
_SPREAD_REACH: Final = 0.02

_INTRO: Final = """\
Whether the figures that the lab prints can be believed is a benchmark of its own. Each row is one command, takes from
ten minutes to an hour, and wants the machine for itself; intervals are 95 %. A row is kept as it came out.
"""

Said = tuple[str, bool | None]  # the figure in words, and whether it keeps its reach; None: too few to say


def aa(found: Mapping[str, Any]) -> Said:
    """Return the share of A/A intervals that exclude 1."""
    said = found["summary"]
    low, high = _AA_RANGE
    words = (
        f"{said['share']:.1%} ({said['exclude_1']} of {said['comparisons']}; "
        f"95 % {said['share_low']:.1%}..{said['share_high']:.1%})"
    )
    if said["comparisons"] < _AA_COMPARISONS:
        return f"so far {words}", None
    return words, low <= said["share"] <= high


def against_wrk(found: Mapping[str, Any]) -> Said:
    """Return lab / wrk; kept when the middle is within the reach."""
    said = found["summary"]
    middle, low, high = said["normalised"]
    raw, raw_low, raw_high = said["raw"]
    words = (
        f"{middle:.3f}x ({low:.3f}..{high:.3f}), raw {raw:.3f}x ({raw_low:.3f}..{raw_high:.3f}); "
        f"{said['used']} of {said['pairs']} pairs valid"
    )
    return words, abs(middle - 1) <= _WRK_REACH


def curve(found: Mapping[str, Any]) -> Said:
    """Return how long the curve took, and how precise it became."""
    said = found["procedure"]
    points = said["precision"]
    rejected = sum(said["rejected"].values())
    words = (
        f"{found['took_s'] / 60:.1f} min, {len(points)} points, widest half-width {said['reached_ratio']:.1%}, "
        f"last point {points[-1]['ratio']:.2f}x the first ({points[-1]['low']:.2f}..{points[-1]['high']:.2f}); "
        f"{rejected} window{'s' if rejected != 1 else ''} rejected"
    )
    is_met = found["took_s"] <= _CURVE_REACH_S and all(
        point["half_width_ratio"] is not None and point["half_width_ratio"] <= _CURVE_PRECISION
        for point in points
    )
    return words, found["valid"] and is_met


def ground_truth(found: Mapping[str, Any]) -> Said:
    """Return how many bottlenecks that were made on purpose were named."""
    said = found["summary"]
    words = f"{said['right']} of {said['cases']} right, {said['wrong_with_confidence']} wrong with confidence"
    is_met = (
        said["cases"] >= _TRUTH_CASES
        and said["right"] >= _TRUTH_REACH * said["cases"]
        and not said["wrong_with_confidence"]
    )
    return words, is_met


def spread(found: Mapping[str, Any]) -> Said:
    """Return the spread over fresh labs, before and after it is normalised."""
    said = found["summary"]
    words = (
        f"{said['normalised_spread']:.1%} against {said['raw_spread']:.1%} raw: {said['ratio']:.2f}x "
        f"({said['valid']} valid windows, {said['invalid']} INVALID; unit {said['unit_ms'][0]:.1f}..{said['unit_ms'][1]:.1f} ms)"
    )
    return words, said["ratio"] <= _SPREAD_RATIO and said["normalised_spread"] <= _SPREAD_REACH


_ROWS: Final[tuple[tuple[str, str, str, Callable[[Mapping[str, Any]], Said], str], ...]] = (
    ("aa.json", "A/A: share of 95 % intervals of 40 that call two equal things different", "2 to 10 %", aa,
     "bench.aa"),
    ("against-wrk.json", "throughput, lab / wrk: same place, pages, connections; at saturation", "within 3 %",
     against_wrk, "bench.against_wrk"),
    ("curve.json", "a curve over 1 to 8 replicas, every half-width at most 5 %", "at most 15 min", curve,
     "bench.spread --curve"),
    ("ground-truth.json", "bottlenecks made on purpose that the verdict names", "at least 95 %, none wrong with confidence",
     ground_truth, "bench.ground_truth"),
    ("spread.json", "spread of one point over fresh labs, speed-normalised against raw", "at most 0.5x, and at most 2 %",
     spread, "bench.spread"),
)  # fmt: skip


def machine(where: Mapping[str, Any] | None) -> str:
    """Return the machine and the versions in a few words; empty when a file does not say."""
    if not where:
        return ""
    return f"{where['cpu']}, {where['cores']} cores, Engine {where['engine_version']}"


def section(results: Path) -> str:
    """Return what stands below the heading: a row for each benchmark, and the machines."""
    lines = [_INTRO, "| what | reach | measured | met | by |", "|---|---|---|---|---|"]
    places: dict[str, list[str]] = {}
    for file, what, reach, say, module in _ROWS:
        path = results / file
        measured, met = NOT_YET, ""
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            measured, is_met = say(found)
            met = {True: "yes", False: "MISSED", None: "not yet"}[is_met]
            places.setdefault(machine(found.get("environment")), []).append(f"`{file}`")
        lines.append(f"| {what} | {reach} | {measured} | {met} | `python -m {module}` |")
    known = [f"{', '.join(files)}: {where}." for where, files in places.items() if where]
    return "\n".join([*lines, "", *known]) + "\n"
