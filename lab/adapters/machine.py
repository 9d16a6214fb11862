"""This machine and the engine's: look at them, install and start the engine, remember what was written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lab.adapters.engine_socket import engine_at_hand
from lab.adapters.observe import observe
from lab.adapters.rootfs import machine_sources
from lab.adapters.speed import reference
from lab.errors import LabError, MachineNotReady
from lab.model.doctor import Facts
from lab.model.doctor_machine import is_quiet
from lab.model.install import ENGINE_LOG, Host, parse_os_release, start_argv

_RECORD: Final = Path("/var/lib/scalability-lab/installed.json")
_START_LIMIT_S: Final = 60.0
_COMMAND_LIMIT_S: Final = 1800.0


class LocalMachine:
    """Implements `lab.workflows.doctor.MachineControl`."""

    def __init__(self, record_file: Path = _RECORD) -> None:
        self._record_file = record_file

    def facts(self) -> Facts:
        """Look at everything that the checks need (about 2 s), and measure the machine's speed (3 s more).

        On a busy machine a speed that is known already stays: a reference is of a machine at rest.
        """
        facts = observe()
        if facts.has_engine:
            with suppress(LabError):
                found = reference(engine_at_hand(), fresh=is_quiet(facts))
                return replace(facts, work_ms=found.work_ms if found else None)
        return facts

    def host(self) -> Host:
        """Describe the system as far as installing is concerned."""
        return Host(
            system=parse_os_release(self.read("/etc/os-release") or ""),
            sources=machine_sources(),
            is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
            has_apt=shutil.which("apt-get") is not None,
            has_systemd=_has_systemd(),
            has_dockerd=shutil.which("dockerd") is not None,
        )

    def read(self, path: str) -> str | None:
        """Return a file's text; None when it is not there."""
        try:
            return Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, path: str, content: str | None) -> None:
        """Write a file readable by all, or remove it (None)."""
        file = Path(path)
        if content is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        file.chmod(0o644)

    def execute(self, argv: Sequence[str]) -> None:
        """Run a command, its output going to standard error."""
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            code = subprocess.run(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                env=environment,
                check=False,
                timeout=_COMMAND_LIMIT_S,
            ).returncode
        except subprocess.TimeoutExpired:
            raise MachineNotReady(
                f"`{' '.join(argv)}` did not end within {_COMMAND_LIMIT_S:.0f} s."
            ) from None
        if code:
            raise MachineNotReady(
                f"`{' '.join(argv)}` failed with {code}; its output is above.",
                hint="solve that (network? another apt running?), then run this again: it goes on where it stopped",
            )

    def start_engine(self) -> None:
        """Start the installed engine and wait until it answers."""
        argv = start_argv(has_systemd=_has_systemd())
        if _has_systemd():
            self.execute(argv)
        else:
            with Path(ENGINE_LOG).open("ab") as log:
                subprocess.Popen(  # the engine outlives this command on purpose
                    argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
                )
        deadline_s = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < deadline_s:
            if (
                subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=30).returncode
                == 0
            ):
                return
            time.sleep(0.3)
        raise MachineNotReady(
            f"The engine did not answer within {_START_LIMIT_S:.0f} s.",
            hint="journalctl -u docker" if _has_systemd() else f"the end of {ENGINE_LOG} says why",
        )

    def record(self) -> dict[str, Any]:
        """Return what `--fix` has done to this machine so far."""
        text = self.read(str(self._record_file))
        try:
            document = json.loads(text) if text else {}
        except ValueError:
            raise LabError(
                f"{self._record_file}: not JSON any more.", hint="remove it; then --undo knows nothing"
            ) from None
        return document if isinstance(document, dict) else {}

    def save_record(self, document: dict[str, Any]) -> None:
        """Keep that, or forget it (empty)."""
        if document:
            self.write(
                str(self._record_file), json.dumps({"schema": "lab.install/1", **document}, indent=2) + "\n"
            )
        else:
            self.write(str(self._record_file), None)


def _has_systemd() -> bool:
    return Path("/run/systemd/system").is_dir()
