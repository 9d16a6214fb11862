"""An interval is not finer than counting whole requests."""

from __future__ import annotations

import dataclasses
import random
from statistics import pstdev

import pytest

from lab.model.counting import COUNTED, counting_log, counting_ratio
from lab.model.measurement import Measurement
from lab.model.point import point
from lab.model.topology import resolve
from lab.report.speed_up import speed_up
from tests.unit.run_samples import sample_measurement


def windows(rps: float, *, duration_s: float = 10) -> list[Measurement]:
    made = [sample_measurement(resolve({}), rps, block) for block in (1, 2, 3)]
    return [
        dataclasses.replace(m, throughput_rps=rps, normalised_rps=None, duration_s=duration_s, problems=())
        for m in made
    ]


def test_three_equal_windows_spread_by_half_a_request() -> None:
    found = point("1 web", {}, resolve({}), windows(6.3)).throughput
    assert found is not None
    assert found.half_width == pytest.approx(4.30265 * (COUNTED / 10) / 3**0.5, rel=1e-4)


def test_a_window_without_requests_has_no_such_spread() -> None:
    assert counting_ratio([dataclasses.replace(m, throughput_rps=0.0) for m in windows(6.3)]) == 0
    assert counting_ratio([]) == 0


def test_a_ratio_has_the_spread_of_both() -> None:
    slow, quick = windows(6.0), windows(8.0)
    assert counting_log(slow, quick) == pytest.approx((0.5**2 / 60**2 + 0.5**2 / 80**2) ** 0.5)
    found = speed_up(point("2 web", {}, resolve({}), quick), point("1 web", {}, resolve({}), slow))
    assert found is not None
    assert found.low is not None
    assert found.low < found.ratio < found.high


def test_a_point_against_itself_is_exactly_one() -> None:
    base = point("1 web", {}, resolve({}), windows(6.3))
    found = speed_up(base, base)
    assert found is not None
    assert (found.low, found.ratio, found.high) == (1, 1, 1)


def test_the_most_that_an_even_stream_spreads_is_half_a_request() -> None:
    chance = random.Random(7)
    for rps in (6.25, 6.5, 6.3, 6.0):
        counts = []
        for _ in range(4000):
            begin_s = chance.random() / rps
            counts.append(int((10 - begin_s) * rps) + 1)
        assert pstdev(counts) <= COUNTED * 1.02
