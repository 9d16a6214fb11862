"""Files as the engine takes them: a tar archive."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def archive_of(texts: Mapping[str, str]) -> bytes:
    """Return an archive of files that everybody may read and nobody may change, by absolute path; root owns them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in texts.items():
            entry = tarfile.TarInfo(path.removeprefix("/"))
            data = text.encode()
            entry.size, entry.mode = len(data), 0o444
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
