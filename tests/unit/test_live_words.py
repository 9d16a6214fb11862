"""What is on the screen while a lab is measured, and the last screen of the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.cli import measuring
from lab.cli.demo import last_screen
from lab.cli.state import GLOBALS
from lab.workflows.measure import Progress

CLOSED = Progress(phase="measure", elapsed_s=12, total_s=30, throughput_rps=41.6, failures=2, p95_ms=812)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[Progress], str]:
    lines: list[str] = []
    monkeypatch.setattr(GLOBALS, "is_quiet", False)
    monkeypatch.setattr(measuring, "is_terminal", lambda **_: False)
    monkeypatch.setattr(measuring, "err", lines.append)

    def say(progress: Progress) -> str:
        with measuring.progress_bar("read-heavy") as show:
            show(progress)
        return lines[-1].strip()

    return say


def test_a_closed_load_shows_rate_errors_and_latency(said: Callable[[Progress], str]) -> None:
    assert said(CLOSED) == "read-heavy: 12/30 s, measure, 42 req/s, 2 failed, p95 812 ms"


def test_an_open_load_shows_how_its_plan_is_kept(said: Callable[[Progress], str]) -> None:
    fields: dict[str, Any] = {"under_way": 7, "rate_rps": 50.0, "late": 3, "dropped": 1}
    opened = Progress(
        phase="measure", elapsed_s=12, total_s=30, throughput_rps=41.6, failures=0, p95_ms=812, **fields
    )
    words = "42 req/s of 50 offered, 7 under way, 3 late, 1 dropped"
    assert said(opened) == f"read-heavy: 12/30 s, measure, {words}, 0 failed, p95 812 ms"


def test_a_demo_whose_curve_is_invalid_says_how_to_get_one() -> None:
    good = dict(last_screen("http://x/", "last", is_valid=True))
    bad = dict(last_screen("http://x/", "last", is_valid=False))
    assert "the curve, as a page" in good
    assert "the curve, as a page" not in bad
    assert bad["the curve, once more"].startswith("lab sweep read-heavy")
    assert "the curve, once more" not in good
