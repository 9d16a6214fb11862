"""What the machine's speed does to a figure, and where it does nothing."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.adapters import speed as adapter
from lab.errors import LabError
from lab.model.measurement import Measurement, Second
from lab.model.speed import Reference, drift_of, normalised, reference_of
from tests.unit.run_samples import bench

REFERENCE = Reference(work_ms=3.2, source="lab doctor, 2026-01-01")


def seconds(units: list[float | None]) -> list[Second]:
    """Return seconds with these units of work."""
    return [
        Second(t_s=i, phase="measure", throughput_rps=70, failures=0, mean_ms=900, p95_ms=0, work_ms=unit)
        for i, unit in enumerate(units)
    ]


def window(rate_rps: float, **change: object) -> Measurement:
    """Return a valid measurement with this throughput."""
    return replace(bench(repeat=1).points[0].measurements[0], throughput_rps=rate_rps, problems=(), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("binds", "rate_rps", "unit"),
    [
        ("web", 75.0, "web"),
        ("db-primary", None, ""),
        ("db-replica", None, ""),
        ("store", None, ""),
        ("", None, ""),
    ],
)
def test_only_the_tier_that_binds_normalises(binds: str, rate_rps: float | None, unit: str) -> None:
    found = normalised([window(60.0, work_ms=4.0)], REFERENCE, binds=binds)[0]
    assert (found.normalised_rps, found.normalised_by) == (rate_rps, unit)
    assert found.throughput_rps == 60.0


def test_a_window_without_the_unit_stays_raw() -> None:
    found = normalised([window(60.0, work_ms=None)], REFERENCE, binds="web")[0]
    assert (found.normalised_rps, found.normalised_by) == (None, "")


def test_the_reference_is_the_doctors_else_the_runs_own() -> None:
    windows = [window(60.0, work_ms=4.0), window(60.0, work_ms=3.0)]
    doctor = Reference(work_ms=3.2, source="lab doctor, today")
    assert reference_of(doctor, windows) == Reference(work_ms=3.2, source="lab doctor, today")
    assert reference_of(None, windows) == Reference(work_ms=3.5, source="this run's own mean")
    assert reference_of(None, []) == Reference()


def test_a_cpu_bound_tier_is_made_comparable_and_a_waiting_one_is_not() -> None:
    """Where CPU binds X = c / unit, and normalising removes the spread. Where users think, X is theirs: it adds it."""
    chance = random.Random(1)
    units = [3.2 * chance.uniform(0.85, 1.15) for _ in range(40)]
    bound = [window(0.1 / (1.3 * unit / 1000) * chance.gauss(1, 0.008), work_ms=unit) for unit in units]
    waiting = [window(20.0 * chance.gauss(1, 0.008), work_ms=unit) for unit in units]

    def spread(values: list[float]) -> float:
        return statistics.stdev(values) / statistics.mean(values)

    def both(windows: list[Measurement]) -> tuple[float, float]:
        fair = normalised(windows, REFERENCE, binds="web")
        return spread([m.throughput_rps for m in windows]), spread([m.normalised_rps or 0.0 for m in fair])

    raw, fair = both(bound)
    assert fair < 0.25 * raw
    raw, wrong = both(waiting)
    assert wrong > 5 * raw
    assert all(m.normalised_rps is None for m in normalised(waiting, REFERENCE, binds=""))


def test_the_mean_unit_over_requests_undoes_any_drift_inside_the_window() -> None:
    """A tier that binds does c / unit requests in each second: the mean over requests is seconds x c / requests."""
    units = [3.0, 3.3, 3.6, 4.5, 2.9]
    requests = [1000 / unit for unit in units]
    work_ms = sum(u * n for u, n in zip(units, requests, strict=True)) / sum(requests)
    found = normalised([window(sum(requests) / 5, work_ms=work_ms)], REFERENCE, binds="web")[0]
    assert found.normalised_rps == pytest.approx(1000 / 3.2)


def test_drift_is_second_half_against_first() -> None:
    drift = drift_of(seconds([3.0] * 10 + [3.6] * 10))
    assert drift is not None
    assert drift.ratio == pytest.approx(0.2)
    assert drift.problem.startswith("speed: the machine's speed changed by -17%")
    assert drift_of(seconds([3.0, 3.1] * 10)).problem == ""  # type: ignore[union-attr]


def test_noise_alone_is_no_drift() -> None:
    """Ten requests a second whose units spread by 15 %."""
    chance = random.Random(4)
    found = [
        drift_of(seconds([statistics.mean(chance.gauss(3.4, 0.5) for _ in range(10)) for _ in range(20)]))
        for _ in range(300)
    ]
    assert not [drift for drift in found if drift and drift.problem]


def test_too_few_seconds_with_a_unit_say_nothing() -> None:
    assert drift_of(seconds([3.0] * 7)) is None
    assert drift_of(seconds([None] * 20)) is None


class Engine:
    """An engine with a machine and, or not, a web image."""

    def __init__(self, image: str = "sha256:0123456789abcdef") -> None:
        """Remember the image's id; empty = not built."""
        self.image = image

    def machine(self) -> Any:
        return type("Machine", (), {"name": "m", "kernel": "6.1"})

    def image_ids(self, references: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(references, self.image) if self.image else {}


@pytest.fixture
def php(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the web image says next; each measurement takes one. The cache folder is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    answers: list[str] = []

    def run(argv: list[str], **_: object) -> str:
        assert argv[argv.index("--network") + 1] == "none"
        return answers.pop(0)

    monkeypatch.setattr(adapter, "run", run)
    return answers


def work_ms(engine: Engine, *, fresh: bool = False) -> float | None:
    """Return the reference of an engine's machine."""
    found = adapter.reference(engine, fresh=fresh)  # type: ignore[arg-type]
    assert found is None or found.source.startswith("lab doctor, 20")
    return found.work_ms if found else None


def test_the_reference_is_measured_once_for_each_machine_and_image(php: list[str], tmp_path: Path) -> None:
    php += ['{"work_ms": 3.41, "cpu_model": "Y"}', '{"work_ms": 2.9, "cpu_model": "Y"}', '{"work_ms": 3.0}']
    assert [work_ms(Engine()), work_ms(Engine())] == [3.41, 3.41]
    assert work_ms(Engine("sha256:another")) == 2.9
    assert work_ms(Engine(), fresh=True) == 3.0
    assert work_ms(Engine()) == 3.0
    (file,) = (tmp_path / "scalability-lab").iterdir()
    assert json.loads(file.read_text())["schema"] == "lab.speed/1"


def test_without_the_image_there_is_none(php: list[str]) -> None:
    assert work_ms(Engine("")) is None


@pytest.mark.parametrize("said", ["", "PHP Fatal error", "[]", '{"work_ms": "x"}'])
def test_an_image_that_does_not_say_is_no_failure(php: list[str], said: str) -> None:
    php += [said]
    assert work_ms(Engine()) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": "lab.speed/1", "m 6.1 0123456789ab": {"work_ms": 0}}']
)
def test_a_broken_cache_is_measured_anew(php: list[str], tmp_path: Path, content: str) -> None:
    php += ['{"work_ms": 3.41}']
    (tmp_path / "scalability-lab").mkdir()
    (tmp_path / "scalability-lab" / "speed.json").write_text(content)
    assert work_ms(Engine()) == 3.41


def test_an_engine_that_refuses_is_no_failure(php: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_argv: list[str], **_: object) -> str:
        raise LabError("no")

    monkeypatch.setattr(adapter, "run", refuse)
    assert work_ms(Engine()) is None
