"""The lines of a search for capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.report.capacity_text import capacity_lines
from tests.unit.run_samples import bench

SLO = "p95 <= 200 ms, errors <= 0.10%"


def lines(**procedure: Any) -> list[str]:
    run = bench()
    points = tuple(replace(p, setting={"rate": 41.2, "replicas": 3}, label="41.2") for p in run.points)
    said = {"slo": SLO, "stopped": "", "trials": [], **procedure}
    return capacity_lines(replace(run, kind="capacity", factor="rate", points=points, procedure=said))


def found(**changes: Any) -> dict[str, Any]:
    same = {
        "holds_rps": 40.1,
        "holds_runs": [3, 3],
        "fails_rps": 41.2,
        "fails_runs": [2, 3],
        "confirmed": True,
    }
    return {**same, **changes}


def test_the_answer_is_one_line_with_its_confirmation() -> None:
    first, limit, last = lines(**found())
    assert first == f"read-heavy · 3 web · 40.1/s holds {SLO} (3 of 3 windows); 41.2/s does not (2 of 3)"
    assert limit.startswith("limit at 41.2/s: ")
    assert last.startswith("this machine only")


def test_what_was_not_confirmed_or_not_found_is_said() -> None:
    assert lines(**found(confirmed=False))[0].endswith("does not (2 of 3); NOT CONFIRMED")
    assert lines(**found(fails_rps=None))[0].endswith("no rate was found that does not")
    trials = [{"rate_rps": 7.0, "holds": False}, {"rate_rps": 4.67, "holds": False}]
    assert f"not even 4.67/s holds {SLO}" in lines(**found(holds_rps=None), trials=trials)[0]
    assert "stopped early: --max-time was over" in lines(**found(), stopped="--max-time was over")


def test_the_fewest_replicas_by_rate() -> None:
    demand = [
        {"rate_rps": 20.0, "replicas": 2, "tried": [1, 2]},
        {"rate_rps": 99.0, "replicas": None, "tried": [1, 4]},
    ]
    assert lines(demand=demand)[:3] == [
        f"read-heavy · fewest web replicas that hold {SLO}",
        "  20/s: 2 web  (tried 1, 2)",
        "  99/s: none of those tried  (tried 1, 4)",
    ]
