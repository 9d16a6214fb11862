"""Saving and loading images step by step, with the real file and an engine in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lab.adapters import images_file, images_file_reader
from lab.errors import BadInput, LabError, MachineNotReady
from lab.model.images import IMAGES, Built
from lab.model.images_file import Manifest
from lab.workflows.images import ensure_images
from lab.workflows.images_file import EngineSide, save_images
from lab.workflows.images_load import load_images
from tests.unit.test_images_file import UNPACKED, patched
from tests.unit.test_images_workflow import FakeContext


@dataclass
class FakeFiles:
    """The real file, an engine in memory."""

    ctx: FakeContext
    architecture: str = "amd64"
    engine_free: int | None = None
    disk_free: int = 10**12
    loads: int = 0
    made_wheels: int = 0
    wheel: Path = Path()
    saved: dict[str, Built] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)

    def check_target(self, path: Path, *, force: bool) -> None:
        images_file.check_target(path, force=force)

    def free_bytes(self, folder: Path) -> int:
        return self.disk_free

    def engine(self) -> EngineSide:
        return EngineSide(architecture=self.architecture, free_bytes=self.engine_free)

    def write(
        self, path: Path, draft: Manifest, small: Mapping[str, Path | bytes], references: Sequence[str]
    ) -> Manifest:
        self.saved = self.ctx.images.inspect(references)
        return images_file.write_file(path, draft, small, [UNPACKED])

    def read_manifest(self, path: Path) -> Manifest:
        return images_file_reader.read_manifest(path)

    def verify(self, path: Path) -> None:
        images_file_reader.verify(path)

    def load(self, path: Path) -> None:
        self.loads += 1
        self.ctx.images.there |= self.saved

    def remove_replaced(self, before: Built) -> None:
        self.replaced.append(before.id)

    @contextmanager
    def wheels(self) -> Iterator[list[Path]]:
        self.made_wheels += 1
        yield [self.wheel]


@pytest.fixture
def files() -> FakeFiles:
    ctx = FakeContext()
    ensure_images(list(IMAGES), ctx)
    return FakeFiles(ctx)


def save(path: Path, files: FakeFiles, *, force: bool = False) -> Manifest:
    return save_images(path, with_wheels=False, force=force, now_s=0.0, files=files, ctx=files.ctx)


def test_saved_here_is_ready_there_and_builds_nothing(tmp_path: Path, files: FakeFiles) -> None:
    manifest = save(tmp_path / "f", files)
    assert (manifest.created, len(manifest.images)) == ("1970-01-01T00:00:00+00:00", len(IMAGES))
    files.ctx.images.there.clear()
    done = load_images(tmp_path / "f", files=files, ctx=files.ctx)
    assert done.loaded == tuple(IMAGES)
    assert {row.state for row in done.states} == {"ready"}
    files.ctx.images.built.clear()
    assert ensure_images(list(IMAGES), files.ctx) == []
    assert load_images(tmp_path / "f", files=files, ctx=files.ctx).loaded == ()
    assert files.loads == 1
    assert files.ctx.images.locked == []


def test_an_image_that_lost_its_name_is_removed(tmp_path: Path, files: FakeFiles) -> None:
    save(tmp_path / "f", files)
    files.ctx.images.there[IMAGES["cache"].reference] = Built(
        id="old", inputs="old", size_bytes=1, created=""
    )
    assert load_images(tmp_path / "f", files=files, ctx=files.ctx).loaded == ("cache",)
    assert files.replaced == ["old"]


def test_images_of_other_files_are_loaded_and_said_to_be_outdated(tmp_path: Path, files: FakeFiles) -> None:
    save(tmp_path / "f", files)
    files.ctx.images.files["web"] = {"index.php": b"changed here"}
    done = load_images(tmp_path / "f", files=files, ctx=files.ctx)
    assert [row.image.name for row in done.states if row.state != "ready"] == ["web"]


def test_wheels_come_along_when_asked_for(tmp_path: Path, files: FakeFiles) -> None:
    files.wheel = tmp_path / "scalability_lab-0.1.0-py3-none-any.whl"
    files.wheel.write_bytes(b"PK")
    assert [member.name for member in save(tmp_path / "f", files).members] == ["NOTICES.txt", "images.tar.gz"]
    assert files.made_wheels == 0
    manifest = save_images(
        tmp_path / "f", with_wheels=True, force=True, now_s=0.0, files=files, ctx=files.ctx
    )
    assert [member.name for member in manifest.members][1] == f"wheels/{files.wheel.name}"


def test_missing_and_outdated_images_are_not_saved(tmp_path: Path, files: FakeFiles) -> None:
    files.ctx.images.files["web"] = {"index.php": b"changed"}
    del files.ctx.images.there[IMAGES["store"].reference]
    with pytest.raises(MachineNotReady, match=r"web \(outdated\), store \(missing\)") as error:
        save(tmp_path / "f", files)
    assert error.value.hint == "lab images build"
    assert not list(tmp_path.iterdir())


def test_too_little_space_is_said_before(tmp_path: Path, files: FakeFiles) -> None:
    files.disk_free = 0
    files.ctx.images.there[IMAGES["base"].reference] = replace(
        files.ctx.images.there[IMAGES["base"].reference], size_bytes=10**9
    )
    with pytest.raises(MachineNotReady, match="500 MB are needed; 0 MB are free"):
        save(tmp_path / "f", files)
    files.disk_free = 10**12
    save(tmp_path / "f", files)
    files.ctx.images.there.clear()
    files.engine_free = 1000
    with pytest.raises(MachineNotReady, match="engine's disk"):
        load_images(tmp_path / "f", files=files, ctx=files.ctx)
    assert files.loads == 0


def test_another_architecture_is_3_and_names_both(tmp_path: Path, files: FakeFiles) -> None:
    save(tmp_path / "f", files)
    files.ctx.images.there.clear()
    files.architecture = "arm64"
    with pytest.raises(MachineNotReady, match=r"amd64.*arm64"):
        load_images(tmp_path / "f", files=files, ctx=files.ctx)
    assert files.loads == 0


def test_another_lab_is_refused(tmp_path: Path, files: FakeFiles) -> None:
    good = tmp_path / "f"
    save(good, files)
    patched(good, lambda document: document.update(lab_version="9.9"))
    with pytest.raises(BadInput, match=r"lab 9\.9"):
        load_images(good, files=files, ctx=files.ctx)


def test_a_wrong_checksum_loads_nothing(tmp_path: Path, files: FakeFiles) -> None:
    path = tmp_path / "f"
    save(path, files)
    files.ctx.images.there.clear()
    content = bytearray(path.read_bytes())
    content[-1100] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"damaged: images\.tar\.gz"):
        load_images(path, files=files, ctx=files.ctx)
    assert files.loads == 0


def test_an_engine_that_loads_something_else_is_an_error(tmp_path: Path, files: FakeFiles) -> None:
    save(tmp_path / "f", files)
    files.ctx.images.there.clear()
    files.saved.clear()
    with pytest.raises(LabError, match="does not have: base, web"):
        load_images(tmp_path / "f", files=files, ctx=files.ctx)


def test_an_engine_that_keeps_images_another_way_takes_them_for_ready(
    tmp_path: Path, files: FakeFiles
) -> None:
    save(tmp_path / "f", files)
    files.saved = {
        reference: replace(built, id=f"other-{built.id}", content=built.identity)
        for reference, built in files.saved.items()
    }
    files.ctx.images.there.clear()
    assert {row.state for row in load_images(tmp_path / "f", files=files, ctx=files.ctx).states} == {"ready"}
    assert ensure_images(list(IMAGES), files.ctx) == []
