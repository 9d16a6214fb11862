"""Two results side by side: what differs, the ratio, and when a cause may be named."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import BadInput
from lab.model.causal import judge, ratio_words
from lab.model.compare import Comparison, Side, noise_from, side
from lab.model.compare import compare as compare_with
from lab.model.differences import differences, options, shown
from lab.model.ratio import Ratio, ratio_of, welch
from lab.model.run import Run
from lab.model.stats import interval
from lab.model.topology import options_of, resolve
from lab.report.comparison import comparison_document, comparison_lines
from tests.unit.run_kinds import verify_run
from tests.unit.run_samples import (
    ENVIRONMENT,
    bench,
    replica_sweep,
    sample_measurement,
    sample_point,
    sample_run,
)


def one(
    replicas: int = 3, *, id: str, rates: tuple[float, ...] = (70, 72, 71, 73, 70), **changes: Any
) -> Run:
    """A bench with given throughputs, normalised to what was measured."""
    topology = resolve({"replicas": replicas})
    found = [
        dataclasses.replace(sample_measurement(topology, rate, i), throughput_rps=rate, normalised_rps=rate)
        for i, rate in enumerate(rates, 1)
    ]
    point = sample_point(f"{replicas} web", {}, topology, found, ("web CPU", ""))
    return sample_run("bench", "", [point], blocks=len(rates), id=id, **changes)


def compare(a: Side, b: Side, *, noise_ratio: float | None) -> Comparison:
    return compare_with(a, b, noise=lambda _mine, _theirs: noise_ratio)


def whole(run: Run) -> Side:
    return side(run, "", name="A")


DOUBLE = (140.0, 144.0, 142.0, 146.0, 140.0)


def test_one_factor_and_every_gate_passed_is_a_cause() -> None:
    found = compare(whole(one(2, id="a")), whole(one(4, id="b", rates=DOUBLE)), noise_ratio=0.02)
    assert [d.words for d in found.factors] == ["replicas 2 → 4"]
    assert not found.blockers
    assert found.compared[0].kind == "cause"
    assert found.compared[0].sentence.startswith("replicas 2 → 4 raised throughput \u00d72.00 (1.9")
    assert found.same[:1] == ["images"]


def test_nothing_changed_is_an_a_a_pair() -> None:
    found = compare(whole(one(id="a")), whole(one(id="b")), noise_ratio=None)
    assert not found.factors
    assert found.compared[0].kind == "same"
    assert found.compared[0].sentence.startswith("A/A: no difference expected; measured \u00d71.00")


def test_without_an_a_a_run_no_cause_is_named() -> None:
    found = compare(whole(one(2, id="a")), whole(one(4, id="b", rates=DOUBLE)), noise_ratio=None)
    assert found.compared[0].kind == "withheld"
    lines = comparison_lines(found, 100)
    assert "no A/A run of this machine: lab bench read-heavy --aa" in lines
    assert not any("raised" in line for line in lines)


def test_an_effect_within_the_noise_is_no_difference() -> None:
    rates = tuple(rate * 1.04 for rate in (70, 72, 71, 73, 70))
    a, b = one(2, id="a"), one(4, id="b", rates=rates)
    assert compare(whole(a), whole(b), noise_ratio=0.01).compared[0].kind == "cause"
    assert compare(whole(a), whole(b), noise_ratio=0.05).compared[0].kind == "not-shown"


def test_two_factors_are_not_comparable_and_named() -> None:
    machine = {**ENVIRONMENT, "kernel": "6.1.0"}
    found = compare(
        whole(one(2, id="a")), whole(one(4, id="b", rates=DOUBLE, environment=machine)), noise_ratio=0.02
    )
    assert found.blockers == ["2 things changed: replicas 2 → 4; machine kernel 6.18.0 → 6.1.0"]
    assert found.compared[0].kind == "not-comparable"
    assert found.compared[0].sentence.startswith("not causal: throughput \u00d72.00")
    assert not any("\u00d72" in line for line in comparison_lines(found, 100))
    assert any("not causal" in line for line in comparison_lines(found, 100, is_forced=True))
    assert comparison_document(found, is_forced=False)["points"][0]["ratio"] is None


def test_a_failed_gate_is_not_comparable() -> None:
    broken = bench(problems=["machine: only 4 % idle"], id="b")
    found = compare(whole(bench(id="a")), whole(broken), noise_ratio=0.02)
    assert found.blockers == ["B 3 web, block 1: machine: only 4 % idle"]


def test_a_repeated_measurement_is_no_failed_gate() -> None:
    run = bench(problems=["time: 3 s lost"], id="b")
    first = dataclasses.replace(run.points[0].measurements[0], repeated=True)
    point = dataclasses.replace(run.points[0], measurements=(first, *run.points[0].measurements[1:]))
    found = compare(whole(bench(id="a")), whole(dataclasses.replace(run, points=(point,))), noise_ratio=0.02)
    assert not found.blockers


def test_an_open_load_offers_its_throughput() -> None:
    load = {"model": "open", "rate_rps": 20.0, "duration_s": 20.0}
    found = compare(whole(one(2, id="a", load=load)), whole(one(4, id="b", load=load)), noise_ratio=0.02)
    assert any("load is open" in reason for reason in found.blockers)


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("topology", {}, "cache aside → off"),
    ("images", {"images": {**ENVIRONMENT["images"], "scalability-lab/web:0.1.0": "sha256:" + "ef" * 32}}, "images web ab12ab12ab12 → efefefefefef"),
    ("data", {"data_version": "seed-2"}, "data data version not recorded → seed-2"),
    ("machine", {"cores": 8}, "machine cores 2 → 8"),
    ("lab", {"lab_version": "0.2.0"}, "lab lab version 0.1.0 → 0.2.0"),
]  # fmt: skip


@pytest.mark.parametrize(("group", "environment", "words"), CHANGES, ids=[change[0] for change in CHANGES])
def test_every_kind_of_difference_is_named(group: str, environment: dict[str, Any], words: str) -> None:
    a, b = one(id="a"), one(id="b", environment={**ENVIRONMENT, **environment})
    if group == "topology":
        other = dataclasses.replace(b.points[0], topology=options_of(resolve({"cache": "off"})))
        b = dataclasses.replace(b, points=(other,))
    found = differences(a, b, [(a.points[0], b.points[0])])
    assert [(d.group, d.words) for d in found] == [(group, words)]


def test_load_and_scenario_differences_count_once() -> None:
    a = one(id="a")
    b = one(
        id="b",
        load={**a.load, "users": 32},
        scenario={**a.scenario, "name": "write-heavy", "mix": {"like": 1.0}, "sha256": "aa" * 32},
    )
    found = differences(a, b, [(a.points[0], b.points[0])])
    assert [d.words for d in found if d.is_factor] == [
        "scenario name read-heavy → write-heavy",
        "users 64 → 32",
    ]
    opened = one(
        id="c",
        load={
            "model": "open",
            "rate_rps": 30.0,
            **{k: v for k, v in a.load.items() if k not in {"model", "users"}},
        },
    )
    assert [d.words for d in differences(a, opened, [(a.points[0], opened.points[0])]) if d.is_factor] == [
        "model closed → open"
    ]


def test_a_seed_and_a_stages_name_are_no_causes() -> None:
    a, b = one(id="a"), one(id="b", seed=7)
    assert [(d.name, d.is_factor) for d in differences(a, b, [(a.points[0], b.points[0])])] == [
        ("seed", False)
    ]
    renamed = dataclasses.replace(a.points[0], topology={**options(a.points[0]), "stage": "replicated"})
    found = differences(a, a, [(a.points[0], renamed)])
    assert [(d.name, d.is_factor) for d in found] == [("--stage", False)]


def test_two_points_of_one_sweep_are_paired_by_block() -> None:
    run = replica_sweep(invalid=None)
    found = compare(side(run, "2", name="A"), side(run, "4", name="B"), noise_ratio=0.02)
    ratio = found.compared[0].ratio
    assert ratio is not None
    assert ratio.is_paired
    assert (ratio.n_a, ratio.normalised_by) == (3, "web")
    assert found.compared[0].sentence.startswith("replicas 2 → 4 raised throughput")


def test_what_else_a_setting_changed_is_a_factor() -> None:
    run = verify_run()
    found = compare(side(run, "as it was", name="A"), side(run, "web x1.5", name="B"), noise_ratio=0.02)
    assert [d.words for d in found.factors] == ["share as it was → web x1.5"]
    assert found.compared[0].kind == "cause"


def test_sweeps_are_compared_point_by_point_and_say_what_has_no_partner() -> None:
    a, b = replica_sweep(invalid=None, id="a"), replica_sweep(values=(1, 2, 8), invalid=None, id="b")
    found = compare(whole(a), whole(b), noise_ratio=0.02)
    assert [one.label for one in found.compared] == ["1", "2"]
    assert found.alone == ["A 4", "B 8"]
    assert not any(one.ratio is None or one.ratio.is_paired for one in found.compared)
    assert found.compared[1].sentence.startswith("A/A: no difference expected at 2; measured \u00d7")


def test_a_bench_finds_the_point_of_a_sweep_with_its_topology() -> None:
    a = replica_sweep(invalid=None, id="a")
    found = compare(whole(a), whole(one(2, id="b")), noise_ratio=0.02)
    assert [one.a.label for one in found.compared] == ["2"]


def test_runs_without_a_common_point() -> None:
    a, b = (
        replica_sweep(values=(1, 2), invalid=None, id="a"),
        replica_sweep(values=(4, 8), invalid=None, id="b"),
    )
    found = compare(whole(a), whole(b), noise_ratio=0.02)
    assert found.blockers == ["no point in common: A has replicas 1, 2, B has replicas 4, 8"]
    assert comparison_lines(found, 80)


def test_the_same_run_and_an_unknown_point_are_refused() -> None:
    run = replica_sweep(id="a")
    with pytest.raises(BadInput, match="the same run: a") as caught:
        compare(whole(run), whole(run), noise_ratio=None)
    assert "lab compare a:1 a:4" in caught.value.hint
    with pytest.raises(BadInput, match="B: run a has no point '9'; its points: 1, 2, 4"):
        side(run, "9", name="B")


# -- the ratio ----------------------------------------------------------------------------------------------------------


def test_the_speed_is_normalised_to_one_reference_if_the_unit_is_the_same() -> None:
    a, b = one(id="a"), one(id="b", environment={**ENVIRONMENT, "reference_work_ms": 6.4})
    ratio = ratio_of((a, a.points[0]), (b, b.points[0]))
    assert ratio is not None
    assert ratio.normalised_by == "web"
    assert ratio.ratio == pytest.approx(
        2.0
    )  # the same figure on a machine of half the speed is twice the throughput


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"reference_work_ms": None}, "not recorded in both"),
        (
            {"reference_work_ms": 6.4, "images": {"scalability-lab/web:0.1.0": "sha256:other"}},
            "the web images differ",
        ),
    ],
)
def test_other_units_of_work_are_compared_as_measured(environment: dict[str, Any], why: str) -> None:
    a, b = one(id="a"), one(id="b", environment={**ENVIRONMENT, **environment})
    ratio = ratio_of((a, a.points[0]), (b, b.points[0]))
    assert ratio is not None
    assert ratio.normalised_by == ""
    assert why in ratio.why_raw


def test_different_tiers_units_are_compared_as_measured() -> None:
    a, b = one(id="a"), one(id="b")
    other = tuple(dataclasses.replace(m, normalised_by="db") for m in b.points[0].measurements)
    ratio = ratio_of((a, a.points[0]), (b, dataclasses.replace(b.points[0], measurements=other)))
    assert ratio is not None
    assert "different tiers (db, web)" in ratio.why_raw


def test_welch_agrees_with_a_worked_example() -> None:
    # Two samples of equal size and variance: df = 2(n - 1) = 8, standard error sqrt(2 / 5 * 2.5) = 1
    assert welch([1, 2, 3, 4, 5], [11, 12, 13, 14, 15]) == pytest.approx(2.3060, abs=1e-4)
    assert welch([1], [2, 3]) is None
    assert welch([1, 1], [2, 2]) == 0


_RATES = st.lists(st.floats(0.5, 5000), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(_RATES, _RATES)
def test_the_ratio_turned_round_is_its_inverse(mine: list[float], theirs: list[float]) -> None:
    a, b = one(id="a", rates=tuple(mine)), one(id="b", rates=tuple(theirs))
    there, back = (ratio_of((x, x.points[0]), (y, y.points[0])) for x, y in ((a, b), (b, a)))
    assert there is not None
    assert back is not None
    assert there.ratio * back.ratio == pytest.approx(1)
    if there.low is None or there.high is None or back.high is None:
        assert min(len(mine), len(theirs)) == 1
    else:
        assert there.low <= there.ratio * (1 + 1e-9)
        assert there.ratio <= there.high * (1 + 1e-9)
        assert there.low * back.high == pytest.approx(1)
    assert ratio_words(there).startswith("\u00d7")


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=9))
def test_welch_is_never_narrower_than_the_known_mean(values: list[float]) -> None:
    alone = interval(values)
    assert alone is not None
    assert alone.half_width is not None
    found = welch(values, [0.0, 0.0])
    assert found is not None
    assert found >= alone.half_width - 1e-9


@given(
    st.floats(0.05, 20),
    st.floats(0, 0.5),
    st.one_of(st.none(), st.floats(0.001, 0.3)),
    st.integers(0, 1),
    st.booleans(),
)
def test_a_cause_is_named_only_with_all_the_evidence(
    ratio: float, half: float, noise: float | None, changed: int, is_blocked: bool
) -> None:
    a, b = one(2, id="a"), one(2 + changed, id="b")
    factors = [d for d in differences(a, b, [(a.points[0], b.points[0])]) if d.is_factor]
    found = Ratio(
        ratio=ratio, low=ratio * math.exp(-half), high=ratio * math.exp(half), n_a=5, n_b=5, is_paired=False,
        normalised_by="web", why_raw="",
    )  # fmt: skip
    kind, sentence = judge(found, factors, is_blocked=is_blocked, noise_ratio=noise)
    is_causal = (
        bool(changed) and not is_blocked and found.excludes_1 and noise is not None
        and abs(math.log(ratio)) > math.log1p(noise)
    )  # fmt: skip
    assert (kind == "cause") == is_causal
    assert (("raised" in sentence) or ("lowered" in sentence)) == is_causal


def test_values_are_shown_as_people_read_them() -> None:
    assert shown(None) == "not recorded"
    assert shown({"feed": 0.5, "like": 0.25}) == "feed 0.5, like 0.25"
    assert shown("sha256:" + "ab" * 32) == "abababababab"
    assert shown(["1:2", "2:4"]) == "1:2, 2:4"
    assert shown("a kernel with a long name that is no digest at all, nothing like it") != ""


# -- the noise floor ------------------------------------------------------------------------------------------------------


def a_a(factor: float, *, replicas: int = 2, id: str = "aa", **changes: Any) -> Run:
    """An A/A run of five pairs, each of them `factor` apart."""
    run = one(replicas, id=id, rates=(100.0, 100.0 * factor) * 5, **changes)
    paired = tuple(
        dataclasses.replace(m, block=1 + i // 2, normalised_by="web")
        for i, m in enumerate(run.points[0].measurements)
    )
    return dataclasses.replace(
        run, kind="aa", points=(dataclasses.replace(run.points[0], measurements=paired),)
    )


def test_the_noise_floor_comes_from_this_machines_a_a_runs() -> None:
    a, b = one(2, id="a"), one(4, id="b", rates=DOUBLE)
    pair = (a.points[0], b.points[0])
    assert noise_from([], a)(*pair) is None
    assert noise_from([one(id="x")], a)(*pair) is None
    small = noise_from([a_a(1.01)], a)(*pair)
    assert small == pytest.approx(math.expm1(2.5706 * math.log(1.01) / math.sqrt(5)), rel=1e-3)
    elsewhere = a_a(1.3, environment={**ENVIRONMENT, "cores": 8})
    assert noise_from([a_a(1.01), elsewhere], a)(*pair) == small
    assert noise_from([elsewhere], a)(*pair) is None


def test_of_two_topologies_the_larger_floor_counts() -> None:
    a, b = one(2, id="a"), one(4, id="b", rates=DOUBLE)
    calm, noisy = a_a(1.01, replicas=2, id="1"), a_a(1.1, replicas=4, id="2")
    pair = (a.points[0], b.points[0])
    assert noise_from([calm, noisy], a)(*pair) == noise_from([noisy], a)(*pair)
    found = compare_with(whole(a), whole(b), noise=noise_from([calm, noisy], a))
    assert found.compared[0].kind == "cause"
    assert any(
        line.startswith("noise floor of this machine, from A/A runs: 1")
        for line in comparison_lines(found, 100)
    )
