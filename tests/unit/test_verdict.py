"""The verdict, on what real labs showed while one tier was made the bottleneck on purpose (bench/ground_truth.py)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.ground_truth import is_right
from bench.ground_truth_cases import CASES
from lab.model.measurement import Measurement, Starts
from lab.model.shape import build
from lab.model.verdict import binding_tier, limit_words, verdict_of
from lab.model.waits import waits_of

DATA = Path(__file__).parents[1] / "data" / "verdict"
FILES = sorted(DATA.glob("*.json"))
BY_NAME = {case.name: case for case in CASES}
FAULTS = {"generator", "machine", "errors"}


def recorded(name: str) -> list[Measurement]:
    """Return the measurements of a recorded case."""
    document = json.loads((DATA / f"{name}.json").read_text())
    return [build(Measurement, m, name=name) for m in document["measurements"]]


def changed(measurements: list[Measurement], tier: str, **changes: Any) -> list[Measurement]:
    """Return the measurements with something changed in a tier's containers."""
    return [
        replace(m, use=[replace(u, **changes) if u.tier == tier else u for u in m.use]) for m in measurements
    ]


def test_there_are_recordings_of_enough_cases() -> None:
    assert len(FILES) >= 20
    assert {json.loads(path.read_text())["name"] for path in FILES} <= set(BY_NAME)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_recorded_case_is_wrong_with_confidence(path: Path) -> None:
    case = BY_NAME[json.loads(path.read_text())["name"]]
    found = verdict_of(recorded(path.stem))
    assert is_right(case, found) or not found.is_confident, found.sentence


def test_at_least_95_of_100_recorded_cases_are_right() -> None:
    right = [
        is_right(BY_NAME[json.loads(path.read_text())["name"]], verdict_of(recorded(path.stem)))
        for path in FILES
    ]
    assert sum(right) >= 0.95 * len(right)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sentence_is_one_line_and_has_evidence(path: Path) -> None:
    found = verdict_of(recorded(path.stem))
    assert found.sentence
    assert "\n" not in found.sentence
    assert found.evidence


def test_the_short_last_screen() -> None:
    found = verdict_of(recorded("web-cpu-shipped-app"))
    limit, following = limit_words(found)
    assert limit.startswith("web CPU, ")
    assert limit.endswith("% of its quota")
    assert following not in {"", "web"}
    assert binding_tier(found) == "web"


def test_a_tier_that_seldom_stood_still_is_only_perhaps_the_limit() -> None:
    found = verdict_of(changed(recorded("web-cpu-shipped-app"), "web", throttled_ratio=0.4))
    assert (found.kind, found.culprit, found.is_confident) == ("cpu", "web", False)
    assert limit_words(found)[0].startswith("perhaps web CPU")


def test_windows_that_name_different_tiers_disagree() -> None:
    web = recorded("web-cpu-shipped-app")
    quiet = changed(web, "web", cpu_cores=0.0001)
    found = verdict_of([*web, *web, *quiet])
    assert found.culprit == "web"
    assert not found.is_confident
    assert any("model and meters disagree" in line for line in found.evidence)


def test_an_open_load_that_is_kept_up_with_is_the_limit_itself() -> None:
    measured = recorded("none-users-think")
    starts = Starts(planned=100, late=0, dropped=0, late_p99_ms=1.0)
    found = verdict_of([replace(m, starts=starts, problems=()) for m in measured])
    assert (found.kind, found.culprit, found.is_confident) == ("offered-load", "", True)
    assert "headroom" in found.sentence


def test_a_busy_machine_makes_the_generator_late_and_is_named() -> None:
    measured = recorded("web-cpu-shipped-app")
    problems = ("load generator: its event loop ran 40 ms late", "machine: only 2% idle (at least 10%)")
    found = verdict_of([replace(m, problems=problems, generator_cpu_ratio=0.2) for m in measured])
    assert found.kind == "machine"
    found = verdict_of([replace(m, problems=problems, generator_cpu_ratio=0.9) for m in measured])
    assert found.kind == "generator"


@pytest.mark.parametrize(("cpu_ratio", "is_sure"), [(0.1, False), (0.9, True)])
def test_a_generator_that_was_late_beside_a_busy_tier_is_only_perhaps_the_limit(
    *, cpu_ratio: float, is_sure: bool
) -> None:
    problems = ("load generator: its event loop ran 13 ms late",)
    late = [
        replace(m, problems=problems, generator_cpu_ratio=cpu_ratio) for m in recorded("web-cpu-shipped-app")
    ]
    found = verdict_of(late)
    assert (found.kind, found.is_confident) == ("generator", is_sure)
    assert any("may as well be: web CPU" in line for line in found.evidence) is not is_sure


def test_a_generator_that_was_late_while_no_tier_was_busy_is_the_limit() -> None:
    problems = ("load generator: its event loop ran 13 ms late",)
    late = [replace(m, problems=problems, generator_cpu_ratio=0.1) for m in recorded("none-users-think")]
    found = verdict_of(late)
    assert (found.kind, found.is_confident) == ("generator", True)


def test_a_run_without_medians_is_judged_by_its_means() -> None:
    measured = recorded("web-workers-wait")
    old = [replace(m, use=[replace(u, medians={}) for u in m.use]) for m in measured]
    assert waits_of(old).workers > 0
    assert verdict_of(old).culprit == verdict_of(measured).culprit


def test_nothing_is_explained_by_nothing() -> None:
    found = verdict_of([])
    assert (found.kind, found.culprit, found.is_confident) == ("not-explained", "", False)


@given(
    st.dictionaries(
        st.sampled_from(["web", "db-primary", "db-replica", "store"]), st.floats(0, 1.2), min_size=1
    )
)
def test_a_sure_cpu_verdict_names_the_busiest_tier(shares: dict[str, float]) -> None:
    measured = recorded("web-cpu-shipped-app")
    for tier, share in shares.items():
        measured = [
            replace(m, use=[replace(u, cpu_cores=share * (u.quota_cores or 1), throttled_ratio=min(1.0, share)) if u.tier == tier else u for u in m.use])
            for m in measured
        ]  # fmt: skip
    found = verdict_of(measured)
    if found.kind == "cpu" and found.is_confident:
        use = {u.tier: u.cpu_cores / u.quota_cores for u in measured[0].use if u.quota_cores}
        assert use[found.culprit] == pytest.approx(max(use.values()), abs=0.05)
        assert use[found.culprit] >= 0.85
