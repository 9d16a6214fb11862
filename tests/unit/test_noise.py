"""Noise floor, bootstrap intervals, exact quantiles: against published figures and simulations."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from lab.model.measurement import Measurement
from lab.model.noise import floor, floor_of, pair_logs, spread_of
from lab.model.run import Run
from lab.model.stats import bca, mean, median, t_quantile
from lab.model.topology import options_of, resolve
from lab.workflows.aa import aa_record
from tests.unit.run_samples import HOST_BOUND, sample_measurement, sample_point, sample_run

TOPOLOGY = resolve({"replicas": 3})


def window(pair: int, rps: float, **changes: object) -> Measurement:
    made = sample_measurement(TOPOLOGY, 70.0, pair)
    return replace(made, throughput_rps=rps, normalised_rps=None, normalised_by="", **changes)  # type: ignore[arg-type]


def pairs(*ratios: float) -> list[Measurement]:
    return [
        w for i, ratio in enumerate(ratios, start=1) for w in (window(i, 100.0), window(i, 100.0 * ratio))
    ]


def aa_run(*ratios: float, topology: object = TOPOLOGY, name: str = "a") -> Run:
    made = sample_point("3 web", {}, topology, pairs(*ratios), ("web", ""))
    return sample_run("aa", "", [made], blocks=len(ratios), id=name)


# Source: any table of Student's t.
@pytest.mark.parametrize(
    ("probability", "degrees", "value"),
    [(0.975, 1, 12.70620), (0.975, 2, 4.302653), (0.975, 4, 2.776445), (0.975, 9, 2.262157), (0.975, 22, 2.073873), (0.975, 39, 2.022691), (0.9, 5, 1.475884), (0.995, 10, 3.169273)],
)  # fmt: skip
def test_quantiles_of_students_t(probability: float, degrees: int, value: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(value, rel=1e-6)


def test_both_ways_to_a_quantile_meet() -> None:
    assert t_quantile(0.975, 199) == pytest.approx(t_quantile(0.975, 200), abs=1e-4)


def test_a_floor_is_what_the_formula_says() -> None:
    logs = [math.log(ratio) for ratio in (1.02, 0.98, 1.02, 0.98)]
    assert spread_of(logs) == pytest.approx(0.02, rel=0.01)
    assert floor_of(logs, 1) == pytest.approx(math.exp(2.776445 * spread_of(logs)) - 1)
    assert floor_of(logs, 4) == pytest.approx(math.exp(2.776445 * spread_of(logs) / 2) - 1)
    assert floor_of(logs[:2], 1) is None


def test_pairs_need_two_valid_windows_and_one_unit() -> None:
    found = pairs(1.1, 0.9, 1.0)
    assert pair_logs(found) == pytest.approx([math.log(1.1), math.log(0.9), 0.0])
    found[1] = replace(found[1], problems=(HOST_BOUND,))
    assert len(pair_logs(found)) == 2
    units = [replace(m, normalised_rps=2 * m.throughput_rps, normalised_by="web") for m in pairs(1.1)]
    assert pair_logs([units[0], replace(units[1], normalised_rps=200.0)]) == pytest.approx([0.0])
    assert pair_logs([units[0], replace(units[1], normalised_by="db")]) == pytest.approx([math.log(1.1)])


def test_the_same_topology_comes_first() -> None:
    other = resolve({"replicas": 4})
    runs = [aa_run(1.3, 0.7, 1.3, topology=other, name="other"), aa_run(1.01, 0.99, 1.01, name="same")]
    found = floor(runs, "read-heavy", options_of(TOPOLOGY), 3)
    assert found is not None
    assert (found.runs, found.pairs, found.is_same_topology) == (["same"], 3, True)
    foreign = floor(runs, "read-heavy", options_of(resolve({"replicas": 8})), 3)
    assert foreign is not None
    assert (foreign.pairs, foreign.is_same_topology) == (6, False)
    assert foreign.ratio > found.ratio
    assert floor(runs, "write-heavy", options_of(TOPOLOGY), 3) is None
    assert floor([], "read-heavy", options_of(TOPOLOGY), 3) is None


def test_what_an_aa_run_says() -> None:
    said = aa_record(pairs(1.02, 0.98, 1.02), ["A", "B", "B", "A", "A", "B"])
    assert [row["ratio"] for row in said["pairs"]] == [1.02, pytest.approx(1.02041), 1.02]
    assert said["holds_1"] is False  # with these letters B is always 2 % faster
    assert said["low"] < said["ratio"] < said["high"]
    assert said["noise_ratio"] > said["floor_ratio"]["10 windows"]
    few = aa_record(pairs(1.02), ["A", "B"])
    assert "ratio" not in few
    assert "noise_ratio" not in few


def test_bootstrap_of_a_median() -> None:
    values = [float(v) for v in range(1, 22)]
    assert bca(values[:9], seed=1) is None
    assert bca(values, seed=1) == bca(values, seed=1)
    low, high = bca(values, seed=1) or (0.0, 0.0)
    assert low <= median(values) <= high
    assert 5 <= low <= 9  # order statistics 6 and 16 hold the median with 97 %
    assert 13 <= high <= 17


def test_a_bootstrap_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance, held = random.Random(3), 0
    for trial in range(200):
        sample = [chance.expovariate(1.0) for _ in range(20)]
        low, high = bca(sample, mean, seed=trial, resamples=400) or (0.0, 0.0)
        held += low <= 1.0 <= high
    assert 170 <= held <= 199  # of a skewed mean with 20 values: about 92 %


def test_a_floor_is_exceeded_by_one_equal_pair_in_twenty() -> None:
    chance, beyond = random.Random(5), 0
    for _ in range(2000):
        *known, fresh = (chance.gauss(0.0, 0.03) for _ in range(11))
        beyond += abs(fresh) > math.log1p(floor_of(known, 1) or 0.0)
    assert 60 <= beyond <= 140  # 5 % of 2000
