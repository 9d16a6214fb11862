"""`docker compose` as a subprocess: the file goes in by standard input and a temporary overlay, nothing is left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from lab.adapters.process import run
from lab.adapters.scratch import scratch_folder
from lab.adapters.start_problem import start_problem
from lab.errors import LabError, MachineNotReady
from lab.model.state import LABEL_PROJECT

WAIT_S: Final = 120
_GONE: Final = ("not found", "no such network")


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
        with scratch_folder() as folder:
            base, labels = folder / "compose.yaml", folder / "labels.json"
            base.write_text(self._text, encoding="utf-8")
            labels.write_text(self._overlay, encoding="utf-8")
            yield ["docker", "compose", "-p", self._lab, "-f", str(base), "-f", str(labels)]

    def _run(self, *argv: str, timeout_s: float) -> str:
        with self._files() as command:
            return run([*command, *argv], env=self._env, timeout_s=timeout_s, is_tethered=True)

    def create(self, services: Sequence[str]) -> None:
        """Create networks, volumes and containers of services; start nothing."""
        self._change(["up", "--no-start", "--no-deps", *services])

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
        self._change([*argv, *services])

    def _change(self, argv: Sequence[str]) -> None:
        try:
            self._run(*argv, timeout_s=WAIT_S + 60)
        except MachineNotReady:
            raise
        except LabError as error:
            raise start_problem(error) from error

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
        """Remove what is left when a lab's containers are gone: networks (and volumes), found by their labels."""
        networks = self._ids("network", lab)
        if networks:
            run(["docker", "network", "rm", *networks], timeout_s=60, accepted=_GONE, is_tethered=True)
        left = self.volumes(lab) if volumes else []
        if left:
            run(["docker", "volume", "rm", "--force", *left], timeout_s=60, is_tethered=True)

    def volumes(self, lab: str) -> list[str]:
        """Return the names of a lab's volumes, also of one that does not run."""
        return self._ids("volume", lab)

    def _ids(self, kind: str, lab: str) -> list[str]:
        label = f"label={LABEL_PROJECT}={lab}"
        return run(["docker", kind, "ls", "-q", "--filter", label], timeout_s=20).split()
