"""Objectives in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.measurement import Latency
from lab.model.slo import Bound, broken, parse_slo
from lab.workflows.observed import no_measurement


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("p95<200ms", [("p95", 200), ("errors", 0.001)]),
        ("p95<=200ms", [("p95", 200), ("errors", 0.001)]),
        ("p95=200ms,errors=0.1%", [("p95", 200), ("errors", 0.001)]),
        (" p99 < 1.5s , mean<80ms, errors<1% ", [("p99", 1500), ("mean", 80), ("errors", 0.01)]),
        ("max=2s,errors=0", [("max", 2000), ("errors", 0)]),
    ],
)
def test_an_objective_in_words(text: str, bounds: list[tuple[str, float]]) -> None:
    assert parse_slo(text).bounds == tuple(Bound(metric=m, limit=pytest.approx(v)) for m, v in bounds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["METRIC<LIMIT"]),
        ("p95", ["'p95'"]),
        ("p95>200ms", ["'p95>200ms'"]),
        ("p95<200", ["needs a unit, ms or s", "'200'"]),
        ("p90<200ms", ["unknown metric 'p90'", "p95"]),
        ("errors<0.1%", ["needs a latency"]),
        ("p95<0ms", ["more than 0"]),
        ("p95<2m", ["'p95<2m'"]),
        ("p95<1.2.3ms", ["'1.2.3' is no number"]),
        ("p95<1ms,p95<2ms", ["p95 is given twice"]),
        ("p95<200ms,errors<5ms", ["errors: must be a share"]),
        ("p91<1ms,errors<2", ["unknown metric 'p91'", "errors: must be a share"]),
    ],
)
def test_bad_words_are_named(text: str, words: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        parse_slo(text)
    for word in words:
        assert word in caught.value.message
    assert "--slo" in caught.value.message


@given(st.text(alphabet="p95<=ms%,. 0errorslx", max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        assert parse_slo(text).bounds
    except BadInput as error:
        assert error.message.startswith("--slo")


def test_what_is_broken_is_said_with_its_value() -> None:
    slo = parse_slo("p95<200ms,mean<50ms")
    kept = replace(
        no_measurement(block=1, started_s=0, reason=""),
        requests=1000,
        failures=1,
        latency=Latency(mean_ms=50, p50_ms=40, p95_ms=200, p99_ms=300, max_ms=400),
    )
    assert broken(slo, kept) == []
    slow = replace(kept, failures=2, latency=replace(kept.latency, p95_ms=1234.4))
    assert broken(slo, slow) == ["p95 1,234 ms", "errors 0.20%"]
    assert broken(slo, replace(kept, requests=0, failures=0)) == ["errors 100.00%"]
