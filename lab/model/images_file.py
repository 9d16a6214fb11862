"""The file of `lab images save`: its manifest and its layout. Pure.

An uncompressed tar, so that any tar can take the wheels out: manifest.json, NOTICES.txt, wheels/*.whl, images.tar.gz.
Its headers are the same for the same names and sizes, so a reader knows each byte that has to be there.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from lab import __version__
from lab.errors import BadInput, MachineNotReady
from lab.model.images import PREFIX
from lab.model.notices import Notice

SCHEMA: Final = "lab.images-file/1"
MANIFEST: Final = "manifest.json"
NOTICES: Final = "NOTICES.txt"
IMAGES_TAR: Final = "images.tar.gz"
BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
MAX_MANIFEST_BYTES: Final = 2**20
_MAX_BYTES: Final = 2**40
_MTIME: Final = 1_577_836_800  # 2020-01-01: the same for all; tar finds 1970 implausible
_MEMBER: Final = re.compile(r"NOTICES\.txt|images\.tar\.gz|wheels/[A-Za-z0-9][A-Za-z0-9_.+!-]{0,200}\.whl")
_REFERENCE: Final = re.compile(rf"{PREFIX}/[a-z0-9][a-z0-9-]{{0,60}}:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,60}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in the tar; `sha256` in hexadecimal."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedImage:
    """One image in the file: where it was saved, its id and the hash of its inputs."""

    name: str
    reference: str
    id: str
    inputs: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a file holds.

    Attributes:
        created: ISO time.
        architecture: the engine's word: amd64, arm64.
        unpacked_bytes: size of the images before compression.
        members: in the order of the tar; the manifest itself is not one of them.
    """

    lab_version: str
    architecture: str
    created: str
    unpacked_bytes: int
    images: tuple[SavedImage, ...]
    members: tuple[Member, ...]


def padding(size: int) -> int:
    """Return the bytes that fill a size up to whole tar blocks."""
    return -size % BLOCK


def header(name: str, size: int) -> bytes:
    """Return the tar header of a member; several blocks when its name is long."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, _MTIME
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def manifest_bytes(block: bytes, where: str) -> int:
    """Return the size of the manifest from the first block of a file.

    Raises:
        BadInput: this is not a file of `lab images save`.
    """
    try:
        size = tarfile.TarInfo.frombuf(block, "ascii", "strict").size
    except (tarfile.TarError, ValueError):
        size = 0
    if not 0 < size <= MAX_MANIFEST_BYTES or header(MANIFEST, size) != block:
        raise BadInput(f"{where}: not a file of `lab images save`, or its beginning is damaged")
    return size


def layout(manifest: Manifest, own_bytes: int) -> tuple[list[int], int]:
    """Return the place of each member's content, and the size of the whole file, in bytes.

    Args:
        own_bytes: the size of manifest.json as it is stored.
    """
    places, end = [], BLOCK + own_bytes + padding(own_bytes)
    for member in manifest.members:
        places.append(end + len(header(member.name, member.bytes)))
        end = places[-1] + member.bytes + padding(member.bytes)
    return places, end + len(END)


def blank_members(names: Sequence[str]) -> tuple[Member, ...]:
    """Return members of the largest size, to keep room for a manifest before the members are written."""
    return tuple(Member(name=name, bytes=_MAX_BYTES, sha256="0" * 64) for name in names)


def render(manifest: Manifest, *, width: int = 0) -> bytes:
    """Return manifest.json, with a digest of itself, filled with spaces up to a width in bytes."""
    document = {"schema": SCHEMA, **asdict(manifest)}
    text = json.dumps({**document, "digest": _digest(document)}, indent=1)
    return text.ljust(width - 1).encode("ascii") + b"\n"


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode("ascii")).hexdigest()


def parse_manifest(content: bytes, where: str) -> Manifest:
    """Read manifest.json.

    Raises:
        BadInput: damaged, of a newer lab, or not as `lab images save` writes it.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise BadInput(f"{where}: {MANIFEST}: damaged: not a JSON object")
    schema = document.get("schema")
    if schema != SCHEMA:
        raise BadInput(
            f"{where}: schema {schema!r}; this lab ({__version__}) reads {SCHEMA!r}",
            hint="a newer lab wrote it: install that one; `tar -xf FILE wheels` takes it out if it was saved with --wheels",
        )
    try:
        if document.pop("digest", None) != _digest(document):
            raise BadInput(f"{where}: {MANIFEST}: damaged: its checksum is wrong", hint="copy the file again")
        return _manifest(document)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"{where}: {MANIFEST}: not as `lab images save` writes it: {error!r}") from None


def _manifest(document: dict[str, Any]) -> Manifest:
    images = tuple(
        SavedImage(
            **{**row, "notices": tuple(Notice(**notice) for notice in row["notices"])},
        )
        for row in document["images"]
    )
    members = tuple(Member(**row) for row in document["members"])
    rest = {key: value for key, value in document.items() if key not in {"schema", "images", "members"}}
    manifest = Manifest(images=images, members=members, **rest)
    texts = [manifest.lab_version, manifest.architecture, manifest.created]
    texts += [text for image in images for text in (image.name, image.id, image.inputs)]
    sizes = [manifest.unpacked_bytes, *(member.bytes for member in members)]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a text is expected")
    if not all(type(size) is int and 0 <= size <= _MAX_BYTES for size in sizes):
        raise ValueError("a size is out of range")
    if not images or not all(_REFERENCE.fullmatch(image.reference) for image in images):
        raise ValueError("images: other images than the lab's")
    names = [member.name for member in members]
    if not all(map(_MEMBER.fullmatch, names)) or names[-1:] != [IMAGES_TAR] or len({*names}) != len(names):
        raise ValueError("members: unknown, twice, or in another order")
    return manifest


def check_fits(manifest: Manifest, *, architecture: str, where: str) -> None:
    """Check that the images can be used by this lab on the engine's machine.

    Raises:
        BadInput: saved by another version of lab.
        MachineNotReady: saved for another architecture.
    """
    if manifest.architecture != architecture:
        raise MachineNotReady(
            f"{where}: images for {manifest.architecture}; the engine's machine is {architecture}.",
            hint=f"save a file on a machine with {architecture}: one file per architecture",
        )
    if manifest.lab_version != __version__:
        raise BadInput(
            f"{where}: images of lab {manifest.lab_version}; this is lab {__version__}, which would not use them",
            hint=f"install lab {manifest.lab_version}; `tar -xf FILE wheels` takes it out if it was saved with --wheels",
        )
