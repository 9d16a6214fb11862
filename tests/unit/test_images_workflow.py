"""Building only what is needed, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations

import pytest

from lab.adapters.buildx import warnings_in
from lab.errors import ImageBuildFailed
from lab.model.images import IMAGES, Built, Image, from_the_end, shared_out, with_parents
from lab.workflows.images import ensure_images, image_states


@dataclass
class FakeReporter:
    said: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, title: str, *, expected_s: float | None = None) -> Iterator[None]:
        self.said.append(title)
        yield

    def info(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.said.append(text)


@dataclass
class FakeBeside:
    """Another process that builds in its order, and is as far as the image whose lock this one wants to have."""

    todo: list[str]
    fails: str = ""
    built: list[str] = field(default_factory=list)

    def build_up_to(self, name: str, store: FakeStore) -> None:
        if name not in self.todo:
            return
        for each in list(self.todo[: self.todo.index(name) + 1]):
            if self.fails in self.todo[: self.todo.index(each) + 1]:
                return
            self.todo.remove(each)
            row = image_states([each], store)[-1]
            store.there[row.image.reference] = Built(
                id=f"{each}-{row.inputs}", inputs=row.inputs, size_bytes=1, created=""
            )
            self.built.append(each)

    def finished(self) -> tuple[list[str], list[str]]:
        return ([], []) if self.fails else (self.built, [f"image {name}: hm" for name in self.built])


@dataclass
class FakeStore:
    """Images in memory; `elsewhere` holds what another process builds while this one waits for the lock."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    there: dict[str, Built] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)
    fails: str = ""
    elsewhere: FakeStore | None = None
    locked: list[str] = field(default_factory=list)
    beside: FakeBeside | None = None
    beside_fails: str = ""

    def inspect(self, references: Sequence[str]) -> dict[str, Built]:
        return {reference: self.there[reference] for reference in references if reference in self.there}

    def input_files(self, image: Image) -> dict[str, bytes]:
        return self.files.get(image.name, {"Dockerfile": b""})

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        self.locked.append(name)
        if self.elsewhere:
            self.there.update(self.elsewhere.there)
        if self.beside:
            self.beside.build_up_to(name, self)
        yield
        self.locked.remove(name)

    @contextmanager
    def building_beside(self, names: Sequence[str]) -> Iterator[FakeBeside]:
        self.beside = FakeBeside(list(names), fails=self.beside_fails)
        yield self.beside
        self.beside = None

    def build(self, image: Image, *, parent_references: Mapping[str, str], inputs: str) -> list[str]:
        assert self.locked == [image.name]
        assert set(parent_references.values()) <= set(self.there), "a parent is built first"
        if image.name == self.fails:
            raise ImageBuildFailed(f"Image {image.name}: the build failed with 1.")
        self.built.append(image.name)
        self.there[image.reference] = Built(
            id=f"{image.name}-{inputs}", inputs=inputs, size_bytes=1, created=""
        )
        return ["another MySQL"] if image.name == "db" else []


@dataclass
class FakeContext:
    images: FakeStore = field(default_factory=FakeStore)
    reporter: FakeReporter = field(default_factory=FakeReporter)


def test_all_are_built_once_parents_first() -> None:
    ctx = FakeContext()
    assert ensure_images(list(IMAGES), ctx, jobs=1) == list(IMAGES) == ctx.images.built
    assert ensure_images(list(IMAGES), ctx) == []


def test_two_processes_build_each_image_once() -> None:
    ctx = FakeContext()
    assert ensure_images(list(IMAGES), ctx) == list(IMAGES)
    assert ctx.images.built == ["base", "web", "store"]  # the other process was quicker with the rest
    assert "two at a time" in ctx.reporter.said[0]
    meanwhile = [
        line.split(":")[0].split()[-1] for line in ctx.reporter.said if line.endswith(", built meanwhile")
    ]
    assert meanwhile, "what is there already has no time of its own"
    assert not {*meanwhile} & {*ctx.images.built}
    assert [line for line in ctx.reporter.said if line.endswith(": hm")] == [
        f"image {name}: hm" for name in ("base-sid", "db", "probe", "balancer", "cache")
    ]


def test_what_the_other_process_fails_at_is_built_here() -> None:
    ctx = FakeContext(images=FakeStore(beside_fails="db"))
    ensure_images(list(IMAGES), ctx)
    assert set(ctx.images.built) == set(IMAGES) - {"base-sid"}


def test_work_is_shared_out_so_that_both_take_about_as_long() -> None:
    here, beside = shared_out(list(IMAGES))
    assert (here, beside) == (["base", "web"], ["base-sid", "db", "probe", "balancer", "cache"])
    assert from_the_end(beside) == ["cache", "balancer", "probe", "base-sid", "db"]
    assert shared_out(["store"]) == ([], [])
    assert shared_out(["web"]) == (["web"], [])
    assert shared_out(["balancer", "cache"]) == (["balancer"], []), "not worth a process"


@pytest.mark.parametrize("asked", [names for size in (1, 2, 3) for names in combinations(IMAGES, size)])
def test_nothing_is_lost_between_two_processes(asked: tuple[str, ...]) -> None:
    names = with_parents(asked)
    here, beside = shared_out(names)
    assert not set(here) & set(beside)
    assert sorted(from_the_end(beside)) == sorted(beside)
    assert ensure_images(asked, FakeContext()) == names


def test_only_what_is_asked_for_and_its_parents() -> None:
    ctx = FakeContext()
    assert ensure_images(["db"], ctx) == ["base-sid", "db"]
    assert not any("balancer" in line for line in ctx.reporter.said)


def test_a_changed_file_rebuilds_that_image_and_what_is_built_on_it() -> None:
    ctx = FakeContext()
    ensure_images(list(IMAGES), ctx)
    ctx.images.files["base-sid"] = {"Dockerfile": b"changed"}
    assert ensure_images(list(IMAGES), ctx) == ["base-sid", "db"]


def test_a_changed_page_does_not_touch_the_store() -> None:
    ctx = FakeContext()
    ensure_images(list(IMAGES), ctx)
    ctx.images.files["web"] = {"src/Page.php": b"changed"}
    assert ensure_images(list(IMAGES), ctx) == ["web"]


def test_an_image_under_our_name_that_we_did_not_build_is_outdated() -> None:
    store = FakeStore()
    store.there[IMAGES["cache"].reference] = Built(id="x", inputs="", size_bytes=1, created="")
    assert [(row.image.name, row.state) for row in image_states(["cache"], store)] == [
        ("base", "missing"),
        ("cache", "outdated"),
    ]


def test_what_another_process_built_meanwhile_is_not_built_again() -> None:
    other = FakeContext()
    ensure_images(["cache"], other)
    ctx = FakeContext(images=FakeStore(elsewhere=other.images))
    assert ensure_images(["cache"], ctx) == []
    assert ctx.images.built == []


def test_what_was_finished_before_a_failure_stays() -> None:
    ctx = FakeContext(images=FakeStore(fails="db"))
    with pytest.raises(ImageBuildFailed, match="Image db"):
        ensure_images(["cache", "db"], ctx, jobs=1)
    ctx.images.fails = ""
    ctx.images.locked.clear()
    assert ensure_images(["db", "cache"], ctx) == ["db"]


def test_the_other_process_does_not_begin_with_what_this_one_builds() -> None:
    _, beside = shared_out(list(IMAGES))
    ctx = FakeContext()
    ensure_images(beside, ctx, jobs=1)
    assert ctx.images.built == ["base-sid", "db", "base", "probe", "balancer", "cache"]


def test_the_time_to_expect_is_said_first() -> None:
    ctx = FakeContext()
    ensure_images(["store"], ctx)
    assert "3 images" in ctx.reporter.said[0]
    assert "min" in ctx.reporter.said[0]


def test_what_a_build_warns_of_is_passed_on() -> None:
    ctx = FakeContext()
    ensure_images(["db", "cache"], ctx)
    assert [line for line in ctx.reporter.said if "another" in line] == ["image db: another MySQL"]


def test_warnings_are_told_from_the_commands_that_could_print_them() -> None:
    log = "#9 RUN echo lab-warning: no\n#9 5.012 lab-warning: yes it is\n#9 6.0 other\n"
    assert warnings_in(log) == ["yes it is"]
