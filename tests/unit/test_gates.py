"""Each gate fails for its own reason, and only for it."""

from __future__ import annotations

from typing import Any

import pytest

from lab.model.gates import problems

GOOD: dict[str, Any] = {
    "requests": 10_000, "failures": 0, "top_error": "", "generator_cpu_ratio": 0.2, "host_idle_ratio": 0.5, "verify": [],
}  # fmt: skip


def test_a_clean_window_is_valid() -> None:
    assert problems(**GOOD) == []


@pytest.mark.parametrize(("failures", "is_valid"), [(10, True), (11, False)])
def test_the_error_budget_is_a_tenth_of_a_percent(failures: int, is_valid: bool) -> None:
    found = problems(**{**GOOD, "failures": failures, "top_error": "feed: 503"})
    assert (found == []) is is_valid
    if found:
        assert "feed: 503" in found[0]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"requests": 0}, "no request"),
        ({"requests": 20}, "too few"),
        ({"generator_cpu_ratio": 0.71}, "load generator"),
        ({"host_idle_ratio": 0.09}, "host-bound"),
        ({"verify": ["web-2: wrong body"]}, "web-2: wrong body"),
    ],
)
def test_each_gate(change: dict[str, Any], word: str) -> None:
    found = problems(**{**GOOD, **change})
    assert len(found) == 1
    assert word in found[0]


def test_unknown_idle_is_no_reason() -> None:
    assert problems(**{**GOOD, "host_idle_ratio": None}) == []
