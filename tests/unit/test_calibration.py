"""The page about the calibration says what was measured, and what was measured says what the page claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.calibration import GROUPS, summary, table

ROOT = Path(__file__).parents[2]


def document(group: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "bench" / "results" / f"calibration-{group}.json").read_text()))


def ratios(group: str, key: str = "normalised_rps") -> list[float]:
    rows = summary(document(group)["windows"])
    return [row[key][0] / rows[0][key][0] for row in rows]


@pytest.mark.parametrize("group", GROUPS)
def test_the_page_holds_the_tables_of_the_kept_windows(group: str) -> None:
    kept = document(group)
    assert summary(kept["windows"]) == kept["rows"]
    assert list(kept["windows"]) == list(GROUPS[group])
    assert all(len(windows) >= 5 for windows in kept["windows"].values())
    assert table(kept["rows"]) in (ROOT / "docs" / "calibration.md").read_text()


@pytest.mark.parametrize("key", ["raw_rps", "normalised_rps"])
def test_replicas_add_in_proportion(key: str) -> None:
    one, two, four = ratios("replicas", key)
    assert one == 1
    assert two >= 1.9
    assert 3.6 <= four <= 4.2


def test_read_replicas_lift_a_lab_without_cache_and_the_cache_lifts_it_more() -> None:
    none, first, second, cache = ratios("database")
    assert none < first < second < cache


def test_a_cache_can_cost_more_than_it_saves() -> None:
    _without, with_cache = ratios("tiny")
    assert with_cache < 1
