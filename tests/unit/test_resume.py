"""A sweep that stops and goes on, with a real journal on a real disk; everything else outside is a fake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.adapters.journals import JournalsFolder
from lab.errors import BadInput, LabError
from lab.model.fit import Fit
from lab.model.run import Run, from_document
from lab.model.sweep import Visit, visits
from lab.model.topology import resolve
from lab.workflows import journal as journal_steps
from lab.workflows import sweep as sweep_steps
from lab.workflows.resume import choose, resumed, topologies_of, unfinished
from lab.workflows.sweep import new_writer, run_sweep
from lab.workflows.sweep_plan import SweepPlan
from tests.unit.test_repeat import LOAD, SCENARIO, FakeContext, World, lab_of

ASKED = {"scenario": "s", "replicas": "1,2", "blocks": 2}
POINTS = {n: resolve({"stage": "balanced", "replicas": n}) for n in (1, 2)}


class Place(FakeContext):
    """A `World` with a real folder of journals."""

    journals = JournalsFolder()


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / ".lab"))
    monkeypatch.setattr("lab.workflows.record.git_revision", lambda: None)
    monkeypatch.setattr(sweep_steps, "_at", lambda _c, _p, topology, **_: lab_of(topology))
    monkeypatch.setattr(journal_steps, "running_lab", lambda _ctx: None)


def place(*windows: dict[str, float], at_s: float = 100.0) -> Any:
    return Place(world=World(windows=list(windows), monotonic=at_s))


def plan(**changes: Any) -> SweepPlan:
    made = SweepPlan(
        scenario=SCENARIO, load=LOAD, factor="replicas", values=[1, 2], topologies=POINTS, fits={1: Fit(), 2: Fit()}, blocks=2,
        order=visits([1, 2], 2, 7), before=None, restore=False, web_image=None, is_data_changed=False, name=None, asked=ASKED,
        command="lab sweep s --replicas 1,2",
    )  # fmt: skip
    return replace(made, **changes)


def sweep(ctx: Any, chosen: SweepPlan, *, stop_after: int = 99, writer: Any = None) -> list[str]:
    """Run until so many windows are kept; return what was measured as block:value."""
    seen: list[str] = []

    def on_visit(_number: int, visit: Visit, measurement: object) -> None:
        if measurement is None:
            if len(seen) == stop_after:
                raise LabError("the power is gone")
            seen.append(f"{visit.block}:{visit.value}")

    run_sweep(ctx, chosen, on_progress=lambda _p: None, on_visit=on_visit, writer=writer)
    return seen


def interrupted(*windows: dict[str, float], after: int) -> list[str]:
    ctx = place(*windows)
    with pytest.raises(LabError, match="power"):
        sweep(ctx, plan(), stop_after=after)
    (journal,) = unfinished(ctx)[0]
    return [f"{d.block}:{d.label}" for d in journal.done]


def go_on(ctx: Any, chosen: SweepPlan | None = None) -> list[str]:
    again, writer = resumed(ctx, chosen or plan(), choose(ctx, ASKED))
    return sweep(ctx, again, writer=writer)


def run_of(ctx: Any) -> Run:
    return from_document(json.loads(ctx.world.saved["run.json"]), name="run.json")


@pytest.mark.parametrize("after", [1, 2, 3])
def test_no_valid_window_is_made_twice(after: int, tmp_path: Path) -> None:
    planned = [f"{v.block}:{v.value}" for v in visits([1, 2], 2, 7)]
    assert interrupted(after=after) == planned[:after]
    ctx = place(at_s=1000.0)
    assert go_on(ctx) == planned[after:]
    run = run_of(ctx)
    assert run.environment["order"] == planned
    assert [p.throughput.n for p in run.points if p.throughput] == [2, 2]
    assert len(run.procedure["sessions"]) == 2
    assert run.procedure["gaps_s"][0] > 800
    assert run.procedure.get("split_blocks", []) == ([] if after == 2 else [1 + after // 2])
    assert not list((tmp_path / ".lab" / "unfinished").glob("*"))


def test_an_invalid_window_is_made_again() -> None:
    asleep = [{"asleep_s": 60.0}] * 3
    done = interrupted({}, *asleep, after=4)  # the second visit was tried three times
    assert len(done) == 4
    ctx = place(at_s=1000.0)
    assert len(go_on(ctx)) == 3
    run = run_of(ctx)
    assert run.is_valid
    assert sum(m.repeated for p in run.points for m in p.measurements) == 3
    assert run.procedure["rejected"] == {"the machine slept": 3}


def test_what_differs_is_named() -> None:
    interrupted(after=1)
    with pytest.raises(BadInput) as caught:
        choose(place(), {**ASKED, "blocks": 5})
    assert "--blocks: the unfinished sweep has 2; got 5" in caught.value.message
    assert "lab sweep s --replicas 1,2 --resume" in caught.value.hint
    with pytest.raises(BadInput, match="there is no unfinished sweep of other"):
        choose(place(), {**ASKED, "scenario": "other"})


def test_another_image_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(after=1)
    ctx = place()
    monkeypatch.setattr(World, "image_ids", lambda _s, names: dict.fromkeys(names, "sha256:1"))
    with pytest.raises(BadInput, match=r"image .* is another than before") as caught:
        go_on(ctx)
    assert "rm -r" in caught.value.hint


def test_the_topologies_are_the_journals() -> None:
    interrupted(after=1)
    found = topologies_of(choose(place(), ASKED), ["1", "2"])
    assert [found[label] for label in "12"] == [POINTS[1], POINTS[2]]


def test_a_torn_line_is_cut_before_the_next_is_written(tmp_path: Path) -> None:
    interrupted(after=2)
    (path,) = (tmp_path / ".lab").glob("unfinished/*/journal.jsonl")
    with path.open("ab") as file:
        file.write(b'{"done":{"blo\xff')
    ctx = place(at_s=1000.0)
    assert len(go_on(ctx)) == 2
    assert run_of(ctx).is_valid


def test_a_kept_run_needs_no_journal(tmp_path: Path) -> None:
    interrupted(after=2)
    (folder,) = (tmp_path / ".lab").glob("unfinished/*")
    (tmp_path / ".lab" / "runs" / folder.name).mkdir(parents=True)
    assert unfinished(place()) == ([], [])
    assert not folder.exists()


def test_a_foreign_file_hides_no_other(tmp_path: Path) -> None:
    interrupted(after=1)
    foreign = tmp_path / ".lab" / "unfinished" / "zzz"
    foreign.mkdir()
    (foreign / "journal.jsonl").write_text("hello\n")
    found, broken = unfinished(place())
    assert len(found) == 1
    assert "zzz" in broken[0]
    assert choose(place(), ASKED).run_id == found[0].run_id


def test_precision_adds_complete_blocks() -> None:
    ctx = place()
    chosen = plan(precision=0.03, order=visits([1, 2], 15, 7))
    blocks: list[tuple[int, Any]] = []
    run_sweep(
        ctx, chosen, on_progress=lambda _p: None, on_visit=lambda *_: None,
        on_block=lambda done, state: blocks.append((done, state)), writer=new_writer(ctx, chosen),
    )  # fmt: skip
    run = run_of(ctx)
    assert run.blocks == 2  # every window is the same here: the pilot is as precise as counting allows
    assert run.procedure["ended"] == "precision reached"
    assert [row["is_precise"] for row in run.procedure["precision"]] == [True, True]
    assert [done for done, _ in blocks] == [1, 2]


def test_a_resumed_sweep_tells_of_the_blocks_that_it_completes() -> None:
    interrupted(after=2)
    ctx = place(at_s=1000.0)
    again, writer = resumed(ctx, plan(), choose(ctx, ASKED))
    blocks: list[int] = []
    run_sweep(
        ctx, again, on_progress=lambda _p: None, on_visit=lambda *_: None,
        on_block=lambda done, _state: blocks.append(done), writer=writer,
    )  # fmt: skip
    assert blocks == [2]


def test_time_ends_it_between_blocks() -> None:
    ctx = place()
    chosen = plan(blocks=9, max_time_s=60.0, order=visits([1, 2], 9, 7))
    sweep(ctx, chosen)
    run = run_of(ctx)  # a window takes 14 s of the fake clock: two blocks in 56 s
    assert run.blocks == 2
    assert run.procedure["ended"].startswith("no time for another block")
    assert {m.block for p in run.points for m in p.measurements} == {1, 2}


def test_a_grid_has_both_settings() -> None:
    ctx = place()
    values = [(n, users) for users in (3, 6) for n in (1, 2)]
    chosen = plan(
        values=values, second_factor="users", topologies={v: POINTS[v[0]] for v in values}, fits=dict.fromkeys(values, Fit()),
        order=visits(values, 1, 7), blocks=1,
    )  # fmt: skip
    jobs: list[Mapping[str, Any]] = []
    inner = ctx.world.run

    def watched(lab: str, job: Mapping[str, Any]) -> Any:
        jobs.append(job)
        return inner(lab, job)

    ctx.world.run = watched
    sweep(ctx, chosen)
    run = run_of(ctx)
    assert [p.label for p in run.points] == ["1 · users 3", "2 · users 3", "1 · users 6", "2 · users 6"]
    assert run.points[3].setting == {"replicas": 2, "users": 6}
    assert sorted(job["load"]["users"] for job in jobs) == [3, 3, 6, 6]
    assert run.id.endswith("by-replicas-users")
