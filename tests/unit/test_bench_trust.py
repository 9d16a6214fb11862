"""What the measuring is worth: each file's figure, whether it keeps its reach, and the page that quotes them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import trust
from bench.aa import is_wanted
from tests.unit.docs_pages import ROOT

RESULTS = ROOT / "bench" / "results"


def _aa(share: float, comparisons: int = 40) -> dict[str, Any]:
    return {"summary": {"comparisons": comparisons, "exclude_1": round(40 * share), "share": share, "share_low": 0.0, "share_high": 0.2}}  # fmt: skip


def _wrk(ratio: float) -> dict[str, Any]:
    return {"summary": {"pairs": 8, "used": 7, "raw": [1, 0.9, 1.1], "normalised": [ratio, ratio - 0.01, ratio + 0.01]}}  # fmt: skip


def _curve(took_s: float = 600, *widths: float | None) -> dict[str, Any]:
    points = [{"half_width_ratio": width, "ratio": 2.0, "low": 1.9, "high": 2.1} for width in widths]
    return {"took_s": took_s, "valid": True, "procedure": {"precision": points, "reached_ratio": 0.05, "rejected": {}}}  # fmt: skip


def _truth(cases: int, right: int, wrong: int = 0) -> dict[str, Any]:
    return {"summary": {"cases": cases, "right": right, "wrong_with_confidence": wrong}}


def _spread(ratio: float, normalised: float) -> dict[str, Any]:
    return {"summary": {"normalised_spread": normalised, "raw_spread": normalised / ratio, "ratio": ratio,
                        "valid": 20, "invalid": 0, "unit_ms": [4.0, 8.0]}}  # fmt: skip


@pytest.mark.parametrize(
    ("say", "found", "is_met"),
    [
        (trust.aa, _aa(0.05), True),
        (trust.aa, _aa(0.0), False),  # intervals that are never wrong are too wide
        (trust.aa, _aa(0.125), False),
        (trust.aa, _aa(0.05, 39), None),  # too few to say
        (trust.against_wrk, _wrk(1.029), True),
        (trust.against_wrk, _wrk(0.96), False),
        (trust.curve, _curve(899, 0.05, 0.01), True),
        (trust.curve, _curve(901, 0.05, 0.01), False),
        (trust.curve, _curve(600, 0.051, 0.01), False),
        (trust.curve, _curve(600, None, 0.01), False),
        (trust.ground_truth, _truth(20, 19), True),
        (trust.ground_truth, _truth(20, 18), False),
        (trust.ground_truth, _truth(20, 19, wrong=1), False),
        (trust.ground_truth, _truth(19, 19), False),
        (trust.spread, _spread(0.5, 0.02), True),
        (trust.spread, _spread(0.5, 0.021), False),
        (trust.spread, _spread(0.51, 0.01), False),
    ],
)
def test_a_figure_keeps_its_reach_or_not(
    say: Callable[[Mapping[str, Any]], tuple[str, bool | None]], found: dict[str, Any], *, is_met: bool | None
) -> None:
    words, said = say(found)
    assert said is is_met
    assert words


def test_what_was_not_measured_is_said_so_and_is_not_met(tmp_path: Path) -> None:
    text = trust.section(tmp_path)
    assert text.count(trust.NOT_YET) == 5
    assert "yes" not in text


def test_the_page_quotes_what_is_kept() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert f"{trust.HEADING}\n{trust.section(RESULTS)}" in page


def test_each_kept_file_names_its_machine() -> None:
    for name in ("aa", "against-wrk", "curve", "ground-truth", "spread"):
        file = RESULTS / f"{name}.json"
        if file.exists():
            assert trust.machine(json.loads(file.read_text(encoding="utf-8")).get("environment")), name


def test_a_comparison_without_an_interval_does_not_count() -> None:
    rows = [{"holds_1": True}, {"holds_1": None}, {"holds_1": False}]
    assert is_wanted(rows, 3, 80)
    assert not is_wanted(rows, 2, 80)
    assert not is_wanted(rows, 3, 3)
