"""The evidence for normalising, from recorded windows: where web CPU binds it removes the machine's drift."""

from __future__ import annotations

import pytest

from bench.normalisation import calibrated, shown


def test_by_hand() -> None:
    bound = [{"throughput_rps": 100 / unit, "work_ms": unit} for unit in (3.0, 3.5, 4.0)]
    found = shown("p", "web CPU", bound)
    assert found.correlation == pytest.approx(1)
    assert found.normalised_spread == pytest.approx(0)
    assert found.raw_spread > 0.1


def test_users_who_wait_are_not_made_comparable_by_it() -> None:
    waiting = [{"throughput_rps": 10.0 + 0.01 * i, "work_ms": unit} for i, unit in enumerate((3.0, 4.0, 3.5))]
    found = shown("p", "users", waiting)
    assert found.normalised_spread > 10 * found.raw_spread


# Where the unit hardly varied there is nothing to remove, and nothing to see.
VARIED = [r for r in calibrated() if r.binds == "web CPU" and r.unit_to_ms > 1.15 * r.unit_from_ms]


@pytest.mark.skipif(not VARIED, reason="the machine was steady during the last calibration")
def test_recorded_windows() -> None:
    for row in VARIED:
        assert row.correlation > 0.95, row
        assert row.normalised_spread <= 0.5 * row.raw_spread, row
