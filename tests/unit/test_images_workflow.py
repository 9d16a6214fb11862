"""Building only what is needed, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from lab.adapters.buildx import warnings_in
from lab.errors import ImageBuildFailed
from lab.model.images import IMAGES, Built, Image
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
class FakeStore:
    """Images in memory; `elsewhere` holds what another process builds while this one waits for the lock."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    there: dict[str, Built] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)
    fails: str = ""
    elsewhere: FakeStore | None = None
    locked: list[str] = field(default_factory=list)

    def inspect(self, references: Sequence[str]) -> dict[str, Built]:
        return {reference: self.there[reference] for reference in references if reference in self.there}

    def input_files(self, image: Image) -> dict[str, bytes]:
        return self.files.get(image.name, {"Dockerfile": b""})

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        self.locked.append(name)
        if self.elsewhere:
            self.there.update(self.elsewhere.there)
        yield
        self.locked.remove(name)

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
    assert ensure_images(list(IMAGES), ctx) == list(IMAGES) == ctx.images.built
    assert ensure_images(list(IMAGES), ctx) == []


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
        ensure_images(["db", "cache"], ctx)
    ctx.images.fails = ""
    ctx.images.locked.clear()
    assert ensure_images(["db", "cache"], ctx) == ["db", "cache"]


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
