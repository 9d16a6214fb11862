"""What an intervention shows: predicted gain, paired intervals, and when it confirms."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.demand_table import Demand
from lab.model.intervention import Change, change_of, needed_ratio, outcome, predicted_ratio
from lab.model.speed import Reference
from lab.model.state import RunningLab
from lab.model.topology import resolve
from lab.model.verdict import verdict_of
from lab.workflows.explain import order_of, procedure
from lab.workflows.verify_plan import Raise, VerifyPlan
from tests.unit.run_samples import sample_measurement


def row(tier: str, x_max_rps: float | None) -> Demand:
    return Demand(
        tier=tier, containers=1, capacity_cores=0.1, has_quota=True, demand_ms=1.0, utilisation=0.9, throttled_ratio=1.0,
        x_max_rps=x_max_rps,
    )  # fmt: skip


def change(low: float, high: float) -> Change:
    return Change(ratio=(low * high) ** 0.5, low=low, high=high, pairs=3)


def test_the_gain_is_the_factor_or_ends_at_the_next_tier() -> None:
    assert predicted_ratio([row("web", 100), row("db-primary", 400)], "web") == 1.5
    assert predicted_ratio([row("web", 100), row("db-primary", 120)], "web") == pytest.approx(1.2)
    assert predicted_ratio([row("web", 100), row("db-primary", 90)], "web") == 1.0
    assert predicted_ratio([row("web", 100), row("cache", None)], "store") == 1.0
    assert needed_ratio(1.2) == pytest.approx(1.1)


def test_a_change_is_of_pairs() -> None:
    found = change_of([10, 20, 40], [15, 30, 60])
    assert found.ratio == pytest.approx(1.5)
    assert found.low == pytest.approx(1.5)
    assert found.pairs == 3
    assert change_of([10], [15]).low is None
    assert change_of([], []) == Change(ratio=1.0, low=None, high=None, pairs=0)


@pytest.mark.parametrize(
    ("suspect", "control", "word"),
    [
        (change(1.40, 1.55), change(0.99, 1.01), "confirmed"),
        (change(1.40, 1.55), None, "confirmed"),
        (change(0.98, 1.05), change(0.99, 1.01), "refuted"),
        (change(1.10, 1.60), change(0.99, 1.01), "inconclusive"),
        (change(1.40, 1.55), change(1.10, 1.20), "refuted"),
        (change(1.40, 1.55), change(0.90, 1.10), "inconclusive"),
        (Change(ratio=1.4, low=None, high=None, pairs=1), None, "inconclusive"),
    ],
)
def test_the_outcome(suspect: Change, control: Change | None, word: str) -> None:
    found, why = outcome(suspect, control, 1.5)
    assert found == word
    assert why


def test_two_tiers_at_once_cannot_be_shown_by_raising_one() -> None:
    assert outcome(change(1.0, 1.02), change(0.99, 1.01), 1.01)[0] == "inconclusive"


@given(st.integers(3, 20), st.integers(0, 2**32 - 1))
def test_every_pair_has_every_point_once_and_the_order_turns(pairs: int, seed: int) -> None:
    labels = ["a", "b", "c"]
    found = order_of(labels, pairs, seed)
    assert len(found) == pairs
    assert all(sorted(each) == labels for each in found)
    assert found[1] == found[0][::-1]


def test_what_an_intervention_keeps_of_itself() -> None:
    topology = resolve({})
    found = sample_measurement(topology, 72.0, 1)
    plan = VerifyPlan(
        lab=RunningLab(name="lab", containers=(), topology=topology), topology=topology, scenario=None, load=None,  # type: ignore[arg-type]
        verdict=verdict_of([found]), run_id="a-run", suspect="web", control="store",
        raises={"as it is": Raise(), "web x 1.5": Raise(shares={"web": 0.15}), "control": Raise(shares={"store": 0.4})},
        predicted=1.5, pairs=3, words=(),
    )  # fmt: skip
    windows = {
        label: [replace(found, block=b, throughput_rps=x * (1 + b / 1000), work_ms=3.0) for b in (1, 2, 3)]
        for label, x in (("as it is", 70.0), ("web x 1.5", 105.0), ("control", 70.2))
    }
    said = procedure(plan, windows, Reference(work_ms=3.0))
    assert said["outcome"] == "confirmed"
    assert said["ratio"]["ratio"] == pytest.approx(1.5)
    assert said["needed_ratio"] == pytest.approx(1.25)
    windows["as it is"][1] = replace(windows["as it is"][1], problems=("machine: busy",))
    assert procedure(plan, windows, Reference(work_ms=3.0))["ratio"]["pairs"] == 2
