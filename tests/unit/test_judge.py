"""What one window of an open load says about an objective."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.model.judge import judge
from lab.model.measurement import Latency, Measurement, Starts
from lab.model.slo import parse_slo
from lab.workflows.observed import no_measurement

SLO = parse_slo("p95<200ms")
OVERLOADED = "overloaded: 700 of 800 actions that were due ended"


def window(**values: object) -> Measurement:
    good = replace(
        no_measurement(block=1, started_s=0, reason=""),
        problems=(),
        duration_s=20.0,
        requests=800,
        actions=800,
        latency=Latency(mean_ms=50, p50_ms=40, p95_ms=150, p99_ms=300, max_ms=400),
        starts=Starts(planned=800, late=0, dropped=0, late_p99_ms=1.0),
    )
    return replace(good, **values)  # type: ignore[arg-type]


def test_a_window_that_keeps_everything_holds() -> None:
    found = judge(SLO, window())
    assert (found.broken, found.invalid) == ((), ())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"latency": Latency(mean_ms=50, p50_ms=40, p95_ms=201, p99_ms=300, max_ms=400)}, "p95 201 ms"),
        ({"failures": 2}, "errors 0.25%"),
        ({"actions": 700, "problems": (OVERLOADED,)}, "700 of 800 actions done"),
        ({"starts": Starts(planned=800, late=0, dropped=1, late_p99_ms=1.0)}, "1 of 800 starts dropped"),
    ],
)
def test_what_breaks_the_objective(values: dict[str, object], words: str) -> None:
    found = judge(SLO, window(**values))
    assert found.broken == (words,)
    assert found.invalid == ()


def test_what_was_under_way_at_the_end_is_no_backlog() -> None:
    # 2.2 % short, as 8 of 372 were in a real window with a p95 of 544 ms: the gate calls that chance
    assert judge(SLO, window(actions=782)).broken == ()


def test_overload_is_an_answer_and_a_busy_machine_is_none() -> None:
    overloaded = judge(SLO, window(problems=("steady state: latency grew: use a longer --duration",)))  # fmt: skip
    assert overloaded.invalid == ()
    assert overloaded.measurement.is_valid
    assert overloaded.measurement.warnings == ("steady state: latency grew: use a longer --duration",)
    busy = judge(SLO, window(problems=("machine: only 3% idle: host-bound", "errors: 4 of 800")))
    assert busy.invalid == ("machine: only 3% idle: host-bound",)
    assert not busy.measurement.is_valid
