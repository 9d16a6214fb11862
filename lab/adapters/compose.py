"""`docker compose` as a subprocess: the file goes in by standard input and a temporary overlay, nothing is left."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lab.adapters.process import run
from lab.errors import LabError, MachineNotReady, PortBusy, TierUnhealthy

WAIT_S: Final = 120


class DockerCompose:
    """Implements `lab.ports.Compose` for one rendered lab."""

    def __init__(self, *, lab: str, text: str, overlay: Mapping[str, Any], port: int | None) -> None:
        self._lab = lab
        self._text = text
        self._overlay = json.dumps(overlay)
        self._env = {"LAB_PORT": str(port)} if port else {}

    @contextmanager
    def _files(self) -> Iterator[list[str]]:
        # Two files, because `-f -` takes one; the overlay (labels) is JSON, which every compose reads as YAML.
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            base, labels = Path(folder, "compose.yaml"), Path(folder, "labels.json")
            base.write_text(self._text, encoding="utf-8")
            labels.write_text(self._overlay, encoding="utf-8")
            yield ["docker", "compose", "-p", self._lab, "-f", str(base), "-f", str(labels)]

    def _run(self, *argv: str, timeout_s: float) -> str:
        with self._files() as command:
            return run([*command, *argv], env=self._env, timeout_s=timeout_s)

    def up(
        self, services: Sequence[str] = (), *, recreate: bool = False, deps: bool = True, wait: bool = True
    ) -> None:
        """Create and start services and, by default, wait until they are healthy."""
        argv = ["up", "-d"]
        if wait:
            argv += ["--wait", "--wait-timeout", str(WAIT_S)]
        if recreate:
            argv.append("--force-recreate")
        if not deps:
            argv.append("--no-deps")
        try:
            self._run(*argv, *services, timeout_s=WAIT_S + 60)
        except MachineNotReady:
            raise
        except LabError as error:
            raise _explain(error) from error

    def remove_volumes(self, volumes: Sequence[str]) -> None:
        """Remove named volumes of this lab."""
        if volumes:
            run(
                ["docker", "volume", "rm", "--force", *(f"{self._lab}_{volume}" for volume in volumes)],
                timeout_s=60,
            )


class DockerComposeFactory:
    """Implements `lab.ports.ComposeFactory`."""

    def __call__(self, *, lab: str, text: str, overlay: Mapping[str, Any], port: int | None) -> DockerCompose:
        """Bind a rendered compose file to a lab's name and port."""
        return DockerCompose(lab=lab, text=text, overlay=overlay, port=port)

    def down(self, lab: str, *, volumes: bool) -> None:
        """Remove a lab's containers and networks (and volumes), found by their labels."""
        argv = ["docker", "compose", "-p", lab, "down", "--remove-orphans", "--timeout", "3"]
        run([*argv, "--volumes"] if volumes else argv, timeout_s=120)
        if volumes:
            left = self.volumes(lab)
            if left:
                run(["docker", "volume", "rm", "--force", *left], timeout_s=60)

    def volumes(self, lab: str) -> list[str]:
        """Return the names of a lab's volumes, also of one that does not run."""
        label = f"label=com.docker.compose.project={lab}"
        return run(["docker", "volume", "ls", "-q", "--filter", label], timeout_s=20).split()


def _explain(error: LabError) -> LabError:
    text = error.message
    lowered = text.lower()
    if "port is already allocated" in lowered or "address already in use" in lowered:
        return PortBusy(text)
    if "no such image" in lowered or "pull access denied" in lowered:
        return MachineNotReady(f"An image of the lab is missing.\n{text}", hint="lab images build")
    if "all predefined address pools" in lowered or "could not find an available" in lowered:
        return MachineNotReady(
            "The engine has no free address range for the lab's networks (a VPN or many networks use them up).",
            hint="remove unused networks (`docker network ls`), or add default-address-pools to the engine's daemon.json",
        )
    if "unhealthy" in lowered or "exited" in lowered or "timeout" in lowered:
        return TierUnhealthy(f"Not every tier became healthy.\n{text}", hint="lab status; lab logs TARGET")
    return TierUnhealthy(f"The lab did not start.\n{text}", hint="lab status; lab logs TARGET")
