"""An open load through the command line, for real. Never asserts a speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docker_lab import lab, lab_json, own, running

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]
LAB = own("open")
RATE_RPS, WINDOW_S = 4, 15


def test_bench_with_a_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    options = ("bench", "read-heavy", "--rate", str(RATE_RPS), "--duration", f"{WINDOW_S}s", "--lab", LAB)
    with running(LAB, "--stage", "cached", "--replicas", "2"):
        both = lab(*options, "--users", "3", check=False)
        assert both.returncode == 2
        assert "--rate and --users" in both.stderr
        document = lab_json(*options, check=False)
    assert document["load"]["model"] == "open"
    assert document["load"]["rate_rps"] == RATE_RPS
    assert document["load"]["users"] is None
    measurement = document["points"][0]["measurements"][-1]
    starts = measurement["starts"]
    assert 25 <= starts["planned"] <= 100  # 60 on average, of a Poisson process
    assert starts["dropped"] == 0
    assert measurement["failures"] == 0
    assert measurement["service"]["p50_ms"] <= measurement["latency"]["p50_ms"]
    assert abs(measurement["balancer_requests"] - measurement["requests"]) <= 8  # under way at the ends
