"""Scaling the web tier from 3 to 8 until all eight serve, against the same by plain compose."""

from __future__ import annotations

import http.client
import json
import socket
import time

from bench.figures import Figure, ratio
from bench.labs import OURS, lab, removed_afterwards, run, seconds

_SERVE_S = 60.0


def measure(rounds: int) -> list[Figure]:
    """Return `lab scale web=8` / `docker compose up -d --wait` of the same lab's file, both until all eight serve."""
    ours, theirs, commands = [], [], []
    port = _free_port()
    plain = _Plain(f"{OURS}-plain", port)
    with removed_afterwards(f"{OURS}-scale") as name:
        try:
            lab(name, "up", "--replicas", "3")
            plain.up(3)
            for _ in range(rounds):
                ours.append(seconds(lambda: lab(name, "scale", "web=8")))
                lab(name, "scale", "web=3")
                start_s = time.perf_counter()
                plain.up(8)
                commands.append(time.perf_counter() - start_s)
                _until_all_serve(port, 8)
                theirs.append(time.perf_counter() - start_s)
                plain.up(3)
        finally:
            plain.down()
    what = "lab scale web=8 from 3 / the same by plain compose"
    labels = ("lab scale, s", "compose until eight serve, s")
    row = ratio("scale", what, ours=ours, theirs=theirs, reach=1.3, labels=labels)
    command_alone = "lab scale web=8 from 3 / the compose command alone"
    return [row, Figure(name="scale-command", what=command_alone, unit="x",
                        values=[a / b for a, b in zip(ours, commands, strict=True)],
                        seconds={"compose command alone, s": commands})]  # fmt: skip


class _Plain:
    """The lab's own file, run by compose and without lab."""

    def __init__(self, project: str, port: int) -> None:
        self._project = project
        self._port = port
        # Beforehand: asking lab for its file is no part of compose's time.
        self._files = {count: self._file(count) for count in (3, 8)}

    @staticmethod
    def _file(replicas: int) -> str:
        return str(json.loads(lab("lab", "compose", "--replicas", str(replicas), "--json"))["compose"])

    def up(self, replicas: int) -> None:
        command = [
            "docker",
            "compose",
            "-p",
            self._project,
            "-f",
            "-",
            "up",
            "-d",
            "--wait",
            "--remove-orphans",
        ]
        run(command, text=self._files[replicas], env={"LAB_PORT": str(self._port)})

    def down(self) -> None:
        run(["docker", "compose", "-p", self._project, "down", "--volumes", "--remove-orphans", "-t", "1"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_all_serve(port: int, count: int) -> None:
    """Ask for pages until `count` replicas have answered."""
    seen: set[str] = set()
    deadline_s = time.monotonic() + _SERVE_S
    while len(seen) < count:
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"scale: only {sorted(seen)} serve after {_SERVE_S:g} s by plain compose")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        if answer.status == 200:
            seen.add(answer.getheader("X-Replica", ""))
        connection.close()
