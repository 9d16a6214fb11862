"""Statistics against published tables."""

from __future__ import annotations

import pytest

from lab.model.stats import interval, mean, t_975


# Source: Student's t table; half-widths of log-ratios s = 2 % at b = 3, 5, 10 blocks are 5.0, 2.5, 1.4 %.
@pytest.mark.parametrize(("n", "percent"), [(3, 5.0), (5, 2.5), (7, 1.8), (10, 1.4), (15, 1.1), (20, 0.9)])
def test_half_width_table(n: int, percent: float) -> None:
    assert t_975(n - 1) * 2 / n**0.5 == pytest.approx(percent, abs=0.06)


@pytest.mark.parametrize(("degrees", "exact"), [(30, 2.0423), (60, 2.0003), (120, 1.9799), (10_000, 1.9602)])
def test_large_samples(degrees: int, exact: float) -> None:
    assert t_975(degrees) == pytest.approx(exact, abs=2e-4)


def test_interval() -> None:
    found = interval([10.0, 12.0, 14.0])
    assert found is not None
    assert (found.mean, found.n) == (12.0, 3)
    assert found.half_width == pytest.approx(4.30265 * 2 / 3**0.5, rel=1e-5)


def test_small_samples() -> None:
    assert interval([]) is None
    one = interval([3.0])
    assert one is not None
    assert (one.mean, one.half_width) == (3.0, None)


def test_mean() -> None:
    assert mean([1.0, 2.0, 6.0]) == 3.0
    assert mean([]) == 0.0


def test_equal_values_are_not_exact_when_the_ruler_is_coarse() -> None:
    found = interval([6.3, 6.3, 6.3], least_spread=0.05)
    assert found is not None
    assert found.half_width == pytest.approx(4.30265 * 0.05 / 3**0.5, rel=1e-5)
    wide = interval([10.0, 12.0, 14.0], least_spread=0.05)
    assert wide == interval([10.0, 12.0, 14.0])
