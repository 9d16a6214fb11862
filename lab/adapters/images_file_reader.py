"""Check and read the file of `lab images save`, in pieces: never the whole of it in memory."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from lab.errors import BadInput
from lab.model.images_file import (
    BLOCK,
    END,
    Manifest,
    header,
    layout,
    manifest_bytes,
    padding,
    parse_manifest,
)

_PIECE: Final = 2**20


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # a pipe must not block
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadInput(f"FILE: {path}: is a folder, pipe or device, not a file")
            yield file
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"FILE: {path}: no such file") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"FILE: {path}: {getattr(error, 'strerror', None) or error}") from None


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of a file, and check that the file is complete.

    Raises:
        BadInput: not such a file, damaged, truncated, or of a newer lab.
    """
    with _opened(path) as file:
        manifest, own_bytes = _manifest_of(file, path)
        size, wanted = os.fstat(file.fileno()).st_size, layout(manifest, own_bytes)[1]
    if size != wanted:
        what = "truncated" if size < wanted else "damaged"
        raise BadInput(f"FILE: {path}: {what}: {size:,} of {wanted:,} bytes", hint="copy it again")
    return manifest


def _manifest_of(file: BinaryIO, path: Path) -> tuple[Manifest, int]:
    where = f"FILE: {path}"
    first = file.read(BLOCK)
    if not first:
        raise BadInput(f"{where}: is empty")
    own_bytes = manifest_bytes(first, where)
    return parse_manifest(file.read(own_bytes), where), own_bytes


def verify(path: Path) -> None:
    """Read the whole file and compare it with its manifest.

    Raises:
        BadInput: a member, or what lies between them, is not as it was written.
    """
    with _opened(path) as file:
        manifest, own_bytes = _manifest_of(file, path)
        is_whole = file.read(padding(own_bytes)) == bytes(padding(own_bytes))
        for member in manifest.members:
            head = header(member.name, member.bytes)
            is_whole = is_whole and file.read(len(head)) == head
            digest = hashlib.sha256()
            for piece in _pieces(file, member.bytes):
                digest.update(piece)
            fill = padding(member.bytes)
            if not is_whole or digest.hexdigest() != member.sha256 or file.read(fill) != bytes(fill):
                raise BadInput(
                    f"FILE: {path}: damaged: {member.name} is not as it was saved", hint="copy it again"
                )
        if file.read(len(END) + 1) != END:
            raise BadInput(f"FILE: {path}: damaged: its end is not as it was saved", hint="copy it again")


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the next bytes of a file; fewer when it ends."""
    while size and (piece := file.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece


def images_of(path: Path) -> Iterator[bytes]:
    """Yield the compressed images of a file."""
    with _opened(path) as file:
        manifest, own_bytes = _manifest_of(file, path)
        places, _ = layout(manifest, own_bytes)
        file.seek(places[-1])
        yield from _pieces(file, manifest.members[-1].bytes)
