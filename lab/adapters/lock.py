"""One command at a time changes or measures a lab: an advisory lock that the kernel frees when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import time
from pathlib import Path

from lab.adapters.cache_folder import cache_folder
from lab.adapters.child import KEPT_OPEN, is_alive
from lab.adapters.endpoint import endpoint
from lab.adapters.scratch import remove_stale
from lab.errors import MachineNotReady
from lab.model.holder import Holder

_HAS_LOCKS = importlib.util.find_spec("fcntl") is not None  # it is there on every Unix


class FileLocks:
    """Implements `lab.ports.Locks`: a file a lab and engine in the cache folder, there only while it is held."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, Path]] = {}

    def take(self, lab: str, command: str) -> Holder | None:
        """Take a lab's lock; return None when it is ours, else who has it.

        Raises:
            OSError: no lock can be had here: a folder that cannot be written, a full disk, a file system without locks.
        """
        remove_stale()
        if not _HAS_LOCKS:
            return None
        import fcntl

        path = _path(lab)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.pread(descriptor, 4096, 0).decode("utf-8", "replace")
                os.close(descriptor)
                return _holder(text)
            except OSError:
                os.close(descriptor)
                raise
            if _is_at(path, descriptor):
                break
            os.close(descriptor)  # its holder removed the file between our two steps
        self._held[lab] = (descriptor, path)
        KEPT_OPEN.add(descriptor)
        document = {"pid": os.getpid(), "command": command, "since": time.strftime("%H:%M:%S")}
        with contextlib.suppress(OSError):  # a full disk: the lock holds, it only cannot say whose it is
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(document).encode(), 0)
        return None

    def release(self, lab: str) -> None:
        """Give a lab's lock back, and leave no file."""
        descriptor, path = self._held.pop(lab, (None, None))
        if descriptor is None or path is None:
            return
        KEPT_OPEN.discard(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _path(lab: str) -> Path:
    try:
        folder = cache_folder() / "locks"
    except MachineNotReady as error:  # no reason to refuse a command that needs no cache
        raise OSError(errno.EACCES, error.message) from error
    folder.mkdir(exist_ok=True)
    return folder / f"lab-{lab}-{hashlib.sha256(endpoint().encode()).hexdigest()[:12]}.lock"


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(text: str) -> Holder:
    with contextlib.suppress(ValueError, TypeError, KeyError):
        found = json.loads(text)
        pid = int(found["pid"])
        return Holder(
            pid=pid, command=str(found["command"]), since=str(found["since"]), is_alive=is_alive(pid)
        )
    return Holder(pid=0, command="", since="", is_alive=True)
