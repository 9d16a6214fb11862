"""The file for rooms without a network: what is written can be read, anything else is refused before it is used."""

from __future__ import annotations

import gzip
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab import __version__, assets
from lab.adapters import images_file, images_file_reader
from lab.errors import BadInput, MachineNotReady
from lab.model.images import IMAGES, Built
from lab.model.images_file import IMAGES_TAR, MANIFEST, NOTICES, Manifest, _digest, parse_manifest, render
from lab.model.notices import minio_version, notices_of, notices_text
from lab.workflows.images_file import saved_images

UNPACKED = b"layers " * 5000
LONG = "wheels/a_package_with_a_name-1.0-cp311-cp311-" + "manylinux_2_17_x86_64." * 4 + "whl"
IN_PLACE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def draft() -> Manifest:
    built = {
        name: Built(id=f"sha256:{name}", inputs=f"in-{name}", size_bytes=9, created="") for name in IMAGES
    }
    return Manifest(
        lab_version=__version__, architecture="amd64", created="2026-01-02T03:04:05+00:00", unpacked_bytes=0,
        images=saved_images(built), members=(),
    )  # fmt: skip


def write(path: Path, manifest: Manifest | None = None) -> Manifest:
    small = {NOTICES: b"licences\n", LONG: b"wheel"}
    pieces = [UNPACKED[:9000], UNPACKED[9000:]]
    return images_file.write_file(path, manifest or draft(), small, pieces)


def read(path: Path) -> None:
    images_file_reader.read_manifest(path)
    images_file_reader.verify(path)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "lab-images.tar"
    write(path)
    return path


def patched(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Change a file's manifest as somebody would who knows how the digest is made."""
    content = path.read_bytes()
    manifest = images_file_reader.read_manifest(path)
    size = int(content[124:135], 8)
    document = json.loads(render(manifest))
    change(document)
    document.pop("digest")
    text = json.dumps({**document, "digest": _digest(document)}).ljust(size).encode()
    path.write_bytes(content[:512] + text[:size] + content[512 + size :])


# -- what is written can be read ----------------------------------------------------------------------------------------


def test_what_is_written_is_read_back(good: Path) -> None:
    manifest = images_file_reader.read_manifest(good)
    images_file_reader.verify(good)
    assert manifest.unpacked_bytes == len(UNPACKED)
    assert [image.name for image in manifest.images] == list(IMAGES)
    assert gzip.decompress(b"".join(images_file_reader.images_of(good))) == UNPACKED
    assert not list(good.parent.glob("*.part"))


def test_any_tar_can_unpack_it(good: Path) -> None:
    with tarfile.open(good, "r:") as tar:
        assert tar.getnames() == [MANIFEST, NOTICES, LONG, IMAGES_TAR]
        wheel = tar.extractfile(LONG)
        assert wheel
        assert wheel.read() == b"wheel"


def test_the_notices_name_every_licence_and_minios_source() -> None:
    version = minio_version(assets.read("minio/Dockerfile"))
    text = notices_text({name: notices_of(name, version) for name in IMAGES})
    for words in ("AGPL-3.0-only", "GPL-2.0-only", "PHP-3.01", f"github.com/minio/minio@{version}"):
        assert words in text
    for name, image in IMAGES.items():
        assert f"image {name}\n" in text
        dockerfile = assets.read(f"{image.context}/Dockerfile")
        for licence in re.findall(r'image\.licenses="([^"]+)"', dockerfile):
            assert licence in text, name


def test_a_dockerfile_without_minios_version_is_said() -> None:
    with pytest.raises(BadInput, match="MINIO_MODULE_VERSION"):
        minio_version("FROM x\n")


# -- anything else is refused -------------------------------------------------------------------------------------------


@IN_PLACE
@given(st.binary(max_size=3000))
def test_any_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="FILE"):
        read(path)


@IN_PLACE
@given(st.data())
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, good: Path, data: st.DataObject) -> None:
    content = good.read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(BadInput):
        images_file_reader.read_manifest(path)


@IN_PLACE
@given(st.data())
def test_one_changed_byte_anywhere_is_noticed(tmp_path: Path, good: Path, data: st.DataObject) -> None:
    content = bytearray(good.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "changed"
    path.write_bytes(content)
    try:
        read(path)
    except BadInput:
        return
    assert images_file_reader.read_manifest(path) == images_file_reader.read_manifest(good)
    assert chr(content[place]).isspace(), "only the empty rest of the manifest may differ"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["images", "members", "name", "bytes", "created"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_json_is_refused_as_a_manifest(value: object) -> None:
    whole = {**json.loads(render(draft())), **value} if isinstance(value, dict) else value
    for document in (value, whole):
        with pytest.raises(BadInput):
            parse_manifest(json.dumps(document).encode(), "FILE: x")


@pytest.mark.parametrize("content", [b"[" * 200_000, b"1" * 9000, b'{"schema": NaN}', b"\xff", b'"\\ud800"'])
def test_nasty_json_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        parse_manifest(content, "FILE: x")


def test_appended_bytes_are_refused(good: Path) -> None:
    good.write_bytes(good.read_bytes() + b"\0")
    with pytest.raises(BadInput, match="damaged"):
        read(good)


def test_a_newer_schema_is_named(good: Path) -> None:
    patched(good, lambda document: document.update(schema="lab.images-file/2"))
    with pytest.raises(BadInput, match=r"lab\.images-file/2.*lab\.images-file/1") as error:
        read(good)
    assert "newer lab" in error.value.hint


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["images"][0].update(reference="debian:trixie-slim"),
        lambda d: d["members"][0].update(name="wheels/../../x.whl"),
        lambda d: d["members"].pop(),
        lambda d: d["members"][0].update(bytes=-1),
        lambda d: d["members"][0].update(bytes=True),
        lambda d: d.update(images=[]),
        lambda d: d.update(extra=1),
        lambda d: d.pop("architecture"),
        lambda d: d.update(architecture=7),
        lambda d: d["images"].append("base"),
    ],
)
def test_a_manifest_with_a_right_digest_is_still_read_with_care(
    good: Path, change: Callable[[dict[str, object]], None]
) -> None:
    patched(good, change)
    with pytest.raises(BadInput, match="not as `lab images save` writes it"):
        read(good)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    for name, word in (
        ("pipe", "pipe"),
        (".", "directory"),
        ("none", "no such"),
        ("empty", "empty"),
        ("a\0b", "null"),
    ):
        with pytest.raises(BadInput, match=word):
            images_file_reader.read_manifest(tmp_path / name)


# -- writing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "problem", [KeyboardInterrupt(), MachineNotReady("full"), OSError(28, "No space left")]
)
def test_nothing_stays_of_an_interrupted_save(tmp_path: Path, problem: BaseException) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise problem

    path = tmp_path / "f"
    path.write_bytes(b"before")
    with pytest.raises(MachineNotReady if isinstance(problem, OSError) else type(problem)):
        images_file.write_file(path, draft(), {NOTICES: b""}, pieces())
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("f", b"before")]


def test_what_a_killed_save_left_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(b"y" * 500_000)
    write(tmp_path / "f")
    read(tmp_path / "f")


def test_two_saves_at_once_are_refused(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        with pytest.raises(BadInput, match="another"):
            write(tmp_path / "f")
        yield UNPACKED

    images_file.write_file(tmp_path / "f", draft(), {NOTICES: b""}, pieces())
    read(tmp_path / "f")


def test_a_target_is_checked_first(tmp_path: Path, good: Path) -> None:
    for path, word in ((good, "--force"), (tmp_path, "folder"), (tmp_path / "no" / "f", "no such folder")):
        with pytest.raises(BadInput) as error:
            images_file.check_target(path, force=False)
        assert word in f"{error.value.message} {error.value.hint}"
    images_file.check_target(good, force=True)
