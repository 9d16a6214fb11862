"""Write the file of `lab images save`, in pieces: never the whole of it in memory."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from lab.errors import BadInput, MachineNotReady
from lab.model.images_file import (
    BLOCK,
    END,
    IMAGES_TAR,
    MANIFEST,
    Manifest,
    Member,
    blank_members,
    header,
    padding,
    parse_manifest,
    render,
)

_PIECE: Final = 2**20
_LEVEL: Final = 6  # gzip's own default


def check_target(path: Path, *, force: bool) -> None:
    """Check that a file can be written here before minutes are spent on it.

    Raises:
        BadInput: it is there already and must not be overwritten, or its folder cannot be written.
    """
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise BadInput(f"FILE: {path}: is a folder or a device, not a file")
    if path.exists() and not force:
        raise BadInput(
            f"FILE: {path}: is there already", hint="choose another name, or overwrite it with --force"
        )
    if not path.parent.is_dir():
        raise BadInput(f"FILE: {path.parent}: no such folder")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise BadInput(f"FILE: {path.parent}: this user must not write there")


@contextmanager
def _part_file(path: Path) -> Iterator[BinaryIO]:
    """Yield FILE.part, which becomes FILE at the end, or vanishes with any exception."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(f"FILE: {part}: another `lab images save` is writing it") from None
            try:
                file.truncate(0)  # what a killed command left
                yield file
                file.flush()
                os.fsync(file.fileno())
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise MachineNotReady(
                f"{path}: {error.strerror}", hint="free some space or choose another disk"
            ) from None
        raise BadInput(f"FILE: {path}: {error.strerror or error}") from None


def write_file(
    path: Path, draft: Manifest, small: Mapping[str, Path | bytes], images: Iterable[bytes]
) -> Manifest:
    """Write a file from small members and a stream of `docker save`; return its manifest.

    The manifest stands first and is known last: its room is kept free, and it is filled with spaces.

    Raises:
        BadInput: the file cannot be written.
        MachineNotReady: the disk is full.
    """
    blank = replace(draft, members=blank_members([*small, IMAGES_TAR]), unpacked_bytes=2**40)
    own_bytes = len(render(blank))
    with _part_file(path) as file:
        file.seek(BLOCK + own_bytes + padding(own_bytes))
        members = [
            _add(file, name, [source] if isinstance(source, bytes) else _pieces_of(source))
            for name, source in small.items()
        ]
        counted = _Counted(images)
        members.append(_add(file, IMAGES_TAR, _gzipped(counted)))
        file.write(END)
        manifest = replace(draft, members=tuple(members), unpacked_bytes=counted.bytes)
        file.seek(0)
        content = render(manifest, width=own_bytes)
        parse_manifest(content, str(path))  # what this writes, `load` reads
        file.write(header(MANIFEST, own_bytes) + content + bytes(padding(own_bytes)))
    return manifest


class _Counted:
    """An iterable that knows how many bytes went through."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self.bytes = pieces, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.bytes += len(piece)
            yield piece


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for piece in pieces:
        yield squeeze.compress(piece)
    yield squeeze.flush()


def _add(file: BinaryIO, name: str, pieces: Iterable[bytes]) -> Member:
    """Write one member at the file's place; its header, which needs its size, last."""
    place, digest = file.tell(), hashlib.sha256()
    start = place + len(header(name, 0))
    file.seek(start)
    for piece in pieces:
        digest.update(piece)
        file.write(piece)
    size = file.tell() - start
    file.write(bytes(padding(size)))
    end = file.tell()
    file.seek(place)
    file.write(header(name, size))
    file.seek(end)
    return Member(name=name, bytes=size, sha256=digest.hexdigest())
