"""What a run says, derived from its points: names, counts, verdicts in words."""

from __future__ import annotations

from typing import Final

from lab.model.run import Point, Run
from lab.model.stats import mean
from lab.report.axis import factor_words, option, place_word

THIS_MACHINE_ONLY: Final = (
    "this machine only: shape, order of bottlenecks and ratios transfer; absolute numbers do not"
)


def counts(run: Run) -> tuple[int, int]:
    """Return (valid, all) measurements."""
    every = [m for point in run.points for m in point.measurements]
    return sum(m.is_valid for m in every), len(every)


def verdict(run: Run) -> str:
    """Return the run's validity in words, with a sign that does not depend on colour."""
    valid, total = counts(run)
    if total and run.is_valid:
        spoiled = total - valid
        return "✓ VALID" + (
            f"; {spoiled} of {total} measurements were spoiled and left out" if spoiled else ""
        )
    return (
        f"✗ INVALID: {total - valid} of {total} measurements failed a gate"
        if total
        else "✗ INVALID: nothing measured"
    )


def shape(point: Point) -> str:
    """Return a point's web tier in two words: `3 web`."""
    return f"{option(point, 'replicas', '?')} web"


def p95_ms(point: Point) -> float | None:
    """Return the p95 of a point's valid measurements; of all of them when none is valid."""
    if point.p95 is not None:
        return point.p95.mean
    chosen = point.valid or list(point.measurements)
    return mean([m.latency.p95_ms for m in chosen]) if chosen else None


def scenario_name(run: Run) -> str:
    """Return the scenario's short name."""
    return str(run.scenario.get("name") or "scenario")


def scenario_title(run: Run) -> str:
    """Return the scenario's title, or its name."""
    return str(run.scenario.get("title") or scenario_name(run))


def what_varied(run: Run) -> str:
    """Return the line under the title: `web replicas: 1, 2, 4`, or the single point's shape."""
    if run.kind == "bench" or not run.factor:
        stage = option(run.points[0], "stage", "") if run.points else ""
        return " · ".join(
            part
            for part in (f"stage {stage}" if stage else "", shape(run.points[0]) if run.points else "")
            if part
        )
    values = ", ".join(dict.fromkeys(place_word(run, point) for point in run.points))
    key = run.second_factor.removeprefix("--").replace("-", "_")
    others = ", ".join(dict.fromkeys(str(option(point, key, "?")) for point in run.points)) if key else ""
    return f"{factor_words(run)}: {values}" + (f"; {key.replace('_', ' ')}: {others}" if key else "")
