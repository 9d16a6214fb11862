"""Which of a window's problems may pass when it is measured again."""

from __future__ import annotations

from dataclasses import replace

from lab.model.measurement import Latency, Measurement, Second
from lab.model.window import Asked
from lab.workflows.judged import judged
from lab.workflows.observed import no_measurement

SECONDS = 20
FILLING = [0.2 + 0.6 * min(1.0, i / 10) for i in range(SECONDS)]


def steady_window(**changes: object) -> Measurement:
    seen = [
        Second(t_s=i, phase="measure", throughput_rps=40, failures=0, mean_ms=50, p95_ms=90)
        for i in range(SECONDS)
    ]
    good = replace(
        no_measurement(block=1, started_s=0, reason=""),
        problems=(),
        duration_s=float(SECONDS),
        requests=40 * SECONDS,
        actions=40 * SECONDS,
        latency=Latency(mean_ms=50, p50_ms=40, p95_ms=90, p99_ms=95, max_ms=99),
        series=seen,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def judge(measurement: Measurement, hit_ratios: list[float], asked: Asked | None = None) -> Measurement:
    return judged(
        measurement, asked or Asked(), verify=(), hit_ratios=hit_ratios, balancer_edge_s=0.0, changed=()
    )  # fmt: skip


def test_a_steady_window_has_no_problem() -> None:
    found = judge(steady_window(), [0.8] * SECONDS)
    assert (list(found.problems), found.should_repeat) == ([], False)


def test_a_window_whose_cache_was_still_filling_is_measured_again() -> None:
    found = judge(steady_window(), FILLING)
    assert len(found.problems) == 1  # said once, though it is spoiled and breaks a gate
    assert "hit ratio was still changing" in found.problems[0]
    assert found.should_repeat


def test_a_fill_that_is_to_be_seen_is_no_problem() -> None:
    found = judge(steady_window(), FILLING, Asked(is_cold=True))
    assert (list(found.problems), found.should_repeat) == ([], False)


def test_errors_are_not_measured_again_because_the_cache_fills() -> None:
    found = judge(steady_window(failures=100), FILLING)
    assert found.problems[0].startswith("errors:")
    assert not found.should_repeat


def test_throughput_that_still_grows_is_not_measured_again() -> None:
    seen = [
        replace(second, throughput_rps=40 * (0.4 + 0.6 * min(1.0, i / 10)))
        for i, second in enumerate(steady_window().series)
    ]
    found = judge(steady_window(series=seen), [0.8] * SECONDS)
    assert any("throughput was still changing" in problem for problem in found.problems)
    assert not found.should_repeat
