"""`lab bench --aa` and `--cold` with fakes outside: pairs, lots, what is emptied, what the screen says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lab.cli.aa_words import aa_lines, fill_lines
from lab.model.fit import Fit
from lab.model.run import Run, from_document
from lab.model.topology import resolve
from lab.workflows.aa import run_aa
from lab.workflows.bench import BenchPlan, run_bench
from tests.unit.test_repeat import LOAD, SCENARIO, FakeContext, World, lab_of


@pytest.fixture(autouse=True)
def _no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.workflows.record.git_revision", lambda: None)


def measured(step: Any, world: World, *, repeat: int, **load: Any) -> Run:
    topology = resolve({"stage": "single"})
    lab = lab_of(topology)
    node = replace(lab.containers[0], id="cache-1", name="cache-1", service="cache-1", tier="cache")
    lab = replace(lab, containers=[*lab.containers, node])
    plan = BenchPlan(
        lab=lab, topology=topology, fit=Fit(), scenario=SCENARIO, load=replace(LOAD, **load), repeat=repeat, name=None
    )  # fmt: skip
    step(FakeContext(world=world), plan, on_progress=lambda _p: None)
    return from_document(json.loads(world.saved["run.json"]), name="run.json")


def test_pairs_are_two_windows_and_the_letters_are_drawn() -> None:
    world = World(windows=[])
    run = measured(run_aa, world, repeat=6)
    assert world.measured == 12
    assert (run.kind, run.blocks, run.factor) == ("aa", 6, "")
    assert [m.block for m in run.points[0].measurements] == [n for pair in range(1, 7) for n in (pair, pair)]
    orders = [row["order"] for row in run.procedure["pairs"]]
    assert set(orders) == {"AB", "BA"}
    assert run.procedure["ratio"] == 1.0  # every window of the fake is the same
    assert run.procedure["holds_1"] is True
    assert any("holds 1, as it should" in line for line in aa_lines(run))


def test_a_spoiled_window_of_a_pair_is_made_again() -> None:
    world = World(windows=[{"asleep_s": 60.0}])
    run = measured(run_aa, world, repeat=3)
    assert world.measured == 7
    assert run.is_valid
    assert [row["ratio"] for row in run.procedure["pairs"]] == [1.0, 1.0, 1.0]


def test_too_few_pairs_have_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit import test_repeat

    monkeypatch.setitem(test_repeat.RESULT, "failures", 100)
    run = measured(run_aa, World(windows=[]), repeat=3)
    assert aa_lines(run) == ["A/A: 0 valid pairs are too few for an interval"]


class Emptied(World):
    """A world that remembers what was run where, and in which order with the windows."""

    def __init__(self) -> None:
        super().__init__(windows=[])
        self.commands: list[tuple[str, int, Sequence[str]]] = []
        self.quotas_set: list[object] = []

    def run_in(self, _container: str, _argv: Sequence[str], **_: object) -> str:
        self.commands.append((_container, self.measured, _argv))
        return ""

    def set_quota(self, _container: str, _quota: object) -> None:
        self.quotas_set.append(_quota)


def test_cold_empties_the_cache_before_each_window_and_lifts_no_quota() -> None:
    world = Emptied()
    run = measured(run_bench, world, repeat=2, warmup_s=0.0, is_cold=True)
    flushed = [(where, when) for where, when, argv in world.commands if "flush_all" in " ".join(argv)]
    assert flushed == [("cache-1", 0), ("cache-1", 1)]
    assert None not in world.quotas_set
    assert run.load["cold"] is True
    assert "emptied" in run.procedure["cold"]
    assert "no cache was asked" in fill_lines(run)[0]


def test_a_warm_bench_says_nothing_of_it() -> None:
    world = Emptied()
    run = measured(run_bench, world, repeat=1)
    assert not [argv for _, _, argv in world.commands if "flush_all" in " ".join(argv)]
    assert (run.load["cold"], run.procedure) == (False, {})
