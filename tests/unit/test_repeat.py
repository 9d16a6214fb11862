"""A measurement that lost time is kept, and made again. No machine can be put to sleep here: clocks and probe are fakes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.errors import RunInvalid
from lab.model.fit import Fit, Room
from lab.model.lost import MAX_REPEATS
from lab.model.power import Power
from lab.model.run import Run, from_document
from lab.model.scenario import Scenario
from lab.model.state import Container, CpuSample, Machine, RunningLab
from lab.model.sweep import Visit, visits, with_repeat
from lab.model.topology import Topology, resolve
from lab.workflows import sweep as sweep_steps
from lab.workflows.bench import BenchPlan, run_bench
from lab.workflows.generators import Generators
from lab.workflows.measure import Load
from lab.workflows.sweep import run_sweep
from lab.workflows.sweep_plan import SweepPlan

LOAD = Load(users=4, think_s=None, ramp_s=2.0, warmup_s=2.0, duration_s=10.0, seed=1)
SCENARIO = Scenario(
    name="s", title="S", hypothesis="H", description="", mix={"act": 1.0}, users=4, think_s=0.0, warmup_s=2.0,
    duration_s=10.0, data="reads", sweep="--replicas 1,2", locustfile="", settings={}, folder="", needs=(), verify=True,
)  # fmt: skip


@dataclass
class World:
    """Everything outside: clocks, the engine and the probe. `windows` says what each measurement loses."""

    windows: list[dict[str, float]]
    monotonic: float = 100.0
    asleep: float = 0.0
    said: list[str] = field(default_factory=list)
    saved: dict[str, str] = field(default_factory=dict)
    measured: int = 0
    processes: list[int] = field(default_factory=list)

    # clock
    def now_s(self) -> float:
        return 1_700_000_000.0 + self.monotonic + self.asleep

    def monotonic_s(self) -> float:
        return self.monotonic

    def asleep_s(self) -> float:
        return self.asleep

    # engine
    def machine(self) -> Machine:
        return Machine(
            cores=2, memory_bytes=2**33, os="o", kernel="k", cgroup_version="2", engine_version="29", api_version="1.50",
            name="n", has_cpu_quota=True, architecture="x86_64",
        )  # fmt: skip

    def run_in(self, _container: str, _argv: Sequence[str], **_: object) -> str:
        return ""  # no transaction yet

    def set_quota(self, _container: str, _quota: object) -> None:
        return None

    def quotas(self, _containers: Sequence[str]) -> dict[str, None]:
        return {}

    def sample(self, _container: str) -> CpuSample:
        return CpuSample(
            t_s=self.monotonic,
            cpu_s=self.monotonic / 20,
            periods=0,
            throttled_periods=0,
            throttled_s=0.0,
            memory_bytes=1,
        )

    def image_ids(self, references: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(references, "sha256:0")

    # reporter
    def info(self, text: str) -> None:
        self.said.append(text)

    warn = info

    def step(self, *_: object, **__: object) -> Any:
        return nullcontext()

    # surroundings
    def speed(self, **_: object) -> None:
        return None

    def ceiling_rps(self) -> float | None:
        return 2000.0

    def room(self) -> Room:
        return Room(cores=2, memory_bytes=2**33)

    def power(self) -> Power:
        return Power(source="battery")

    # results
    def save(self, _run: str, files: Mapping[str, str]) -> Path:
        self.saved = dict(files)
        return Path("nowhere")

    # probe
    @contextmanager
    def run(self, _lab: str, job: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
        self.processes.append(job["load"]["processes"])
        loss = self.windows[self.measured] if self.measured < len(self.windows) else {}
        self.measured += 1
        yield self._events(loss)

    def _events(self, loss: Mapping[str, float]) -> Iterator[dict[str, Any]]:
        yield self._event("ready")
        for phase, seconds in (("ramp", 2), ("warmup", 2), ("measure", 10)):
            yield self._event("phase", phase=phase)
            for second in range(seconds):
                is_fifth = phase == "measure" and second == 5
                span_s = 1.0 + (loss.get("stalled_s", 0.0) if is_fifth else 0.0)
                self.asleep += loss.get("client_asleep_s", 0.0) if is_fifth else 0.0
                self.monotonic += span_s
                work_ms = 3.4 * (loss.get("slower", 1.0) if phase == "measure" and second >= 5 else 1.0)
                yield self._event("host", idle_ratio=0.5, steal_ratio=loss.get("steal", 0.0))
                yield self._event(
                    "second", phase=phase, span_s=span_s, requests=20, failures=0, work_ms=work_ms
                )
        event = self._event("phase", phase="drain")
        self.monotonic += loss.get("late_s", 0.0)  # lab itself is stopped, and sees it later
        yield event
        clock = {"asleep_s": loss.get("asleep_s", 0.0), "stepped_s": loss.get("stepped_s", 0.0)}
        effort = {
            "cpu_ratio": loss.get("generator", 0.1),
            "cpu_cores": loss.get("generator", 0.1) * self.processes[-1],
            "processes": self.processes[-1],
        }
        yield self._event("result", **{**RESULT, "generator": effort}, clock=clock)

    def _event(self, kind: str, **fields: Any) -> dict[str, Any]:
        return {"event": kind, "t_s": self.monotonic, **fields}


RESULT: dict[str, Any] = {
    "requests": 200, "failures": 0, "throughput_rps": 20.0, "errors": [], "by_name": {}, "replicas": {}, "cache": {},
    "latency_ms": {"mean": 200.0, "p50": 1.0, "p95": 1.0, "p99": 1.0, "max": 1.0}, "actions": 200, "mix": {"act": 1.0}, "window": {"start_s": 0.0, "end_s": 10.0},
    "work_ms": {"count": 0, "mean": 0.0}, "generator": {"cpu_ratio": 0.1}, "histogram": "",
}  # fmt: skip


@dataclass(kw_only=True)
class FakeContext:
    """One `World` in every place."""

    world: World
    lab: str = "x"
    generators: Generators = field(default_factory=Generators)

    def __getattr__(self, _name: str) -> World:
        return self.world


@pytest.fixture(autouse=True)
def _no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.workflows.record.git_revision", lambda: None)


def lab_of(topology: Topology) -> RunningLab:
    names = [("web", name) for name in topology.web_names] + [("db-primary", "db-primary")]
    return RunningLab(
        name="x",
        topology=topology,
        containers=[
            Container(
                id=name, name=name, service=name, tier=tier, lab="x", state="running", health="healthy", host_port=None,
                spec="", image="i",
            )
            for tier, name in names
        ],
    )  # fmt: skip


def bench(*windows: dict[str, float], repeat: int = 1) -> tuple[Run, World]:
    world = World(windows=list(windows))
    topology = resolve({"stage": "single"})
    plan = BenchPlan(
        lab=lab_of(topology), topology=topology, fit=Fit(), scenario=SCENARIO, load=LOAD, repeat=repeat, name=None
    )  # fmt: skip
    run_bench(FakeContext(world=world), plan, on_progress=lambda _p: None)  # type: ignore[arg-type]
    return from_document(json.loads(world.saved["run.json"]), name="run.json"), world


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ({"asleep_s": 300.0}, "the machine slept (300 s)"),  # a Linux laptop's lid
        (
            {"client_asleep_s": 300.0},
            "the machine slept (300 s)",
        ),  # a Mac's, with the engine in a virtual machine
        ({"stepped_s": 300.0}, "jumped by +300 s"),  # a virtual machine that its host stopped
        ({"stalled_s": 5.0}, "stood still for 5.0 s"),
        ({"late_s": 5.0}, "read 5.0 s late"),
        ({"slower": 1.25}, "speed changed by -20% inside the window"),  # heat, a neighbour
        (
            {"steal": 0.05},
            "other virtual machines took 5.0% of its CPU",
        ),  # a neighbour on the same processors
    ],
)
def test_a_window_that_lost_time_is_kept_and_measured_again(loss: dict[str, float], words: str) -> None:
    run, world = bench(loss)
    first, second = run.points[0].measurements
    assert words in first.problems[0]
    assert (first.is_valid, first.repeated, first.block) == (False, True, 1)
    assert (second.is_valid, second.repeated, second.block) == (True, False, 1)
    assert run.is_valid
    assert run.points[0].throughput is not None
    assert run.points[0].throughput.n == 1  # never averaged
    assert any(words in said and "again" in said for said in world.said)


def test_what_a_window_may_lose_is_no_reason() -> None:
    run, world = bench(
        {"asleep_s": 0.9, "client_asleep_s": 0.9, "stepped_s": -0.9, "stalled_s": 0.9, "late_s": 0.9}
    )
    assert world.measured == 1
    assert run.is_valid


def test_it_ends_after_some_repeats_and_stays_invalid() -> None:
    run, world = bench(*[{"asleep_s": 60.0}] * 9, repeat=2)
    assert world.measured == 2 * (1 + MAX_REPEATS)
    assert [m.repeated for m in run.points[0].measurements] == [*[True] * MAX_REPEATS, False] * 2
    assert not run.is_valid
    assert run.points[0].throughput is None


def test_other_reasons_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESULT, "failures", 100)
    run, world = bench()
    assert world.measured == 1
    assert not run.is_valid


def test_a_load_generator_without_room_gets_more_processes() -> None:
    run, world = bench({"generator": 0.93}, repeat=2)
    assert world.processes == [1, 2, 2]  # what one window needed, the others get at once
    first, second, third = run.points[0].measurements
    assert (first.is_valid, first.repeated) == (False, True)
    assert "used 93% of a core" in first.spoiled[0]
    assert (second.is_valid, second.block, second.generator_processes) == (True, 1, 2)
    assert (third.is_valid, third.block) == (True, 2)
    assert any("used 93% of a core with 1 process: from now on it has 2" in said for said in world.said)


def test_there_are_not_more_processes_than_cores() -> None:
    run, world = bench({"generator": 0.93}, {"generator": 0.8})  # the machine has two
    assert world.processes == [1, 2]
    assert not run.is_valid


def test_power_is_warned_of_and_recorded() -> None:
    run, world = bench()
    assert run.environment["power"] == "battery"
    assert any("runs on battery" in said for said in world.said)


def sweep(monkeypatch: pytest.MonkeyPatch, *windows: dict[str, float]) -> tuple[Run, World, list[str]]:
    world, seen = World(windows=list(windows)), []
    topologies = {n: resolve({"stage": "balanced", "replicas": n}) for n in (1, 2)}
    monkeypatch.setattr(sweep_steps, "_at", lambda _c, _p, topology, **_: lab_of(topology))
    plan = SweepPlan(
        scenario=SCENARIO, load=LOAD, factor="replicas", values=[1, 2], topologies=topologies,
        fits={1: Fit(), 2: Fit(host_bound="it needs more")}, blocks=2, order=visits([1, 2], 2, 7), before=None,
        restore=False, web_image=None, is_data_changed=False, name=None,
    )  # fmt: skip

    def on_visit(_number: int, visit: Visit, measurement: object) -> None:
        if measurement is None:
            seen.append(f"{visit.block}:{visit.value}")

    run_sweep(FakeContext(world=world), plan, on_progress=lambda _p: None, on_visit=on_visit)  # type: ignore[arg-type]
    return from_document(json.loads(world.saved["run.json"]), name="run.json"), world, seen


def test_a_sweep_repeats_at_the_end_of_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [f"{visit.block}:{visit.value}" for visit in visits([1, 2], 2, 7)]
    run, _, seen = sweep(monkeypatch, {"asleep_s": 60.0})
    assert seen == [*plain[:2], plain[0], *plain[2:]]
    assert run.environment["order"] == seen
    assert run.is_valid
    repeated = [m for point in run.points for m in point.measurements if m.repeated]
    assert len(repeated) == 1
    assert [point.throughput.n for point in run.points if point.throughput] == [2, 2]


def test_a_sweep_that_goes_on_sleeping_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    run, world, seen = sweep(monkeypatch, *[{"asleep_s": 60.0}] * 50)
    assert world.measured == 2 * (1 + MAX_REPEATS) + 2  # after four repeats in vain none is made
    assert len(seen) == world.measured
    assert any("does not pass" in said for said in world.said)
    assert not run.is_valid


def test_a_sweep_repeats_again_once_a_window_was_good(monkeypatch: pytest.MonkeyPatch) -> None:
    run, world, _ = sweep(monkeypatch, *[{"steal": 0.05}] * 3, {}, {}, *[{"steal": 0.05}] * 2)
    assert world.measured == 4 + 5
    assert run.is_valid


def test_host_bound_points_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _, _ = sweep(monkeypatch)
    assert [point.host_bound for point in run.points] == ["", "it needs more"]


def test_a_repeat_stays_in_its_block() -> None:
    order = visits([1, 2, 3], 2, 5)
    left = with_repeat(order[1:], order[0])
    assert left is not None
    assert [visit.block for visit in left] == [1, 1, 1, 2, 2, 2]
    assert left[2] == Visit(block=1, value=order[0].value, attempt=2)
    assert with_repeat([], Visit(block=1, value=1, attempt=1 + MAX_REPEATS)) is None


def test_an_old_run_without_these_keys_can_be_read() -> None:
    run, world = bench()
    document = json.loads(world.saved["run.json"])
    for point in document["points"]:
        del point["host_bound"]
        for measurement in point["measurements"]:
            del measurement["lost"], measurement["repeated"]
    assert from_document(document, name="run.json") == run


def test_only_a_run_that_is_still_invalid_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.cli import measuring

    monkeypatch.setattr("lab.cli.report.show_run", lambda *_: None)
    measuring.finish(bench({"asleep_s": 60.0})[0], Path("f"))
    with pytest.raises(RunInvalid, match="slept") as caught:
        measuring.finish(bench(*[{"asleep_s": 60.0}] * 9)[0], Path("f"))
    assert caught.value.exit_code == 5
