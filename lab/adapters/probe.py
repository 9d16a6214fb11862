"""The measuring container: `docker run -i` on the lab's networks, one job in, JSON lines out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

from lab.adapters.child import KEPT_OPEN, end, is_alive, tether
from lab.adapters.engine import DockerEngine
from lab.adapters.engine_socket import engine_at_hand
from lab.adapters.lines import Tail, lines
from lab.adapters.process import engine_problem, run
from lab.errors import LabError, LabNotRunning, MachineNotReady, RunInvalid
from lab.model.doctor import version_tuple
from lab.model.state import LABEL_LAB, LABEL_OWNER, LABEL_ROLE
from lab.tiers.base import image

_MANY_NETWORKS_API: Final = (1, 44)
MEMORY: Final = "1g"
# The probe says something every second, and has a limit of its own; these are for a machine that stands still.
SILENCE_S: Final = 60.0
MARGIN_S: Final = 300.0
_SCENARIO_FAILED: Final = 5
_DOCKER_FAILED: Final = 125
_KILLED: Final = 137
_FAILURES: Final = ("scenario-failed", "verify-failed", "bad-job")


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_alive(owner: str) -> bool:
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return True  # somebody else's, on another machine: not ours to judge
    return is_alive(int(pid))


def _argv(lab: str, name: str) -> list[str]:
    return [
        "docker", "run", "-i", "--rm", "--name", name,
        "--label", f"{LABEL_LAB}={lab}", "--label", f"{LABEL_ROLE}=probe", "--label", f"{LABEL_OWNER}={_owner()}",
        "--network", f"{lab}_web", "--network", f"{lab}_data",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--read-only",
        "--tmpfs", "/tmp:mode=1777",  # noqa: S108 - inside the container
        "--group-add", "4004", "--volume", f"{lab}_credentials:/run/credentials:ro",
        "--cpu-shares", "4096",  # the generator must never be the hidden queue
        "--memory", MEMORY, "--memory-swap", MEMORY, "--pids-limit", "128", "--log-opt", "max-size=2m", "--log-opt", "max-file=2",
        "--env", "HTTP_PROXY=", "--env", "HTTPS_PROXY=", "--env", "http_proxy=", "--env", "https_proxy=",
        image("probe"),
    ]  # fmt: skip


def _start_argv(lab: str, name: str) -> list[str]:
    """Return the command that starts the probe, after making its container where one command cannot do both.

    Source: the Engine API's version history, 1.44 (Engine 25): several networks at the creation of a container.
    """
    argv = _argv(lab, name)
    if version_tuple(DockerEngine().api_version()) >= _MANY_NETWORKS_API:
        return argv
    later = argv.index(f"{lab}_data")
    create = ["docker", "create", *argv[2 : later - 1], *argv[later + 1 :]]
    try:
        run(create, timeout_s=60)
        run(["docker", "network", "connect", f"{lab}_data", name], timeout_s=30)
    except BaseException:
        with suppress(LabError):
            run(["docker", "rm", "--force", "--volumes", name], timeout_s=30)
        raise
    return ["docker", "start", "--attach", "--interactive", name]


class DockerProbe:
    """Implements `lab.ports.Probe`."""

    def remove_orphans(self, lab: str) -> None:
        """Remove the measuring containers of killed runs; one whose command still runs means that the lab is taken."""
        for container in engine_at_hand().containers(lab):
            if container.labels.get(LABEL_ROLE) != "probe":
                continue
            owner = container.labels.get(LABEL_OWNER, "")
            if _is_alive(owner):
                raise MachineNotReady(
                    f'Another measurement is running in lab "{lab}" (process {owner.rpartition(":")[2]}).',
                    hint="wait for it: two at once would measure each other",
                )
            run(["docker", "rm", "-f", container.id], timeout_s=30)

    @contextmanager
    def run(self, lab: str, job: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
        """Start the probe with a job; iterate over its events; leaving the context ends it."""
        self.remove_orphans(lab)
        name = f"{lab}-probe-{uuid.uuid4().hex[:8]}"
        process = subprocess.Popen(
            _start_argv(lab, name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us, and we end it in order
            preexec_fn=tether(), pass_fds=tuple(KEPT_OPEN),  # noqa: PLW1509 - it makes one system call
        )  # fmt: skip
        try:
            yield _events(process, job)
        finally:
            _end(process, name)


def _end(process: subprocess.Popen[bytes], name: str) -> None:
    """End the client first: one that still creates the container would start it after we removed it."""
    try:
        is_over = process.poll() == 0
        end(process)
        if not is_over:  # a broken engine or a full disk can fail here: the next command removes it
            with suppress(LabError):
                run(["docker", "rm", "--force", "--volumes", name], timeout_s=30)
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(OSError):
                    stream.close()


def _planned_s(job: Mapping[str, Any]) -> float:
    load = job.get("load") or {}
    return float(sum(load.get(key) or 0.0 for key in ("ramp_s", "warmup_s", "duration_s")))


def _events(process: subprocess.Popen[bytes], job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    assert process.stdin  # noqa: S101 - all three are pipes
    assert process.stdout  # noqa: S101
    assert process.stderr  # noqa: S101
    words = Tail(process.stderr)
    words.start()
    threading.Thread(target=_hand_over, args=(process.stdin, job), daemon=True).start()
    failure: dict[str, Any] | None = None
    try:
        for line in lines(process.stdout, silence_s=SILENCE_S, total_s=_planned_s(job) + MARGIN_S):
            event = _event(line)
            if event is None:
                continue
            if event["event"] in _FAILURES:
                failure = event
            yield event
        code = process.wait(timeout=SILENCE_S)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise MachineNotReady(
            f"The probe has said nothing for {SILENCE_S:g} s, or went on {MARGIN_S:g} s too long:"
            " the engine or its machine stands still.",
            hint="lab doctor; lab status",
        ) from None
    if code or failure:
        raise _problem(code, failure or {}, words.text())


def _hand_over(stream: IO[bytes], job: Mapping[str, Any]) -> None:
    with suppress(OSError, ValueError):  # it died, or we gave up: its exit code and its words say why
        stream.write(json.dumps(job).encode())
        stream.close()


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _problem(code: int, failure: Mapping[str, Any], words: str) -> LabError:
    """Return the error for a probe that did not end well."""
    last = "\n".join(words.splitlines()[-8:])
    problem = engine_problem(words)
    if problem:
        return problem
    if code == _SCENARIO_FAILED or failure:
        return RunInvalid(
            f"The scenario failed:\n{_what_failed(failure) or last}",
            hint="lab scenarios shows where its files are",
        )
    if code == _KILLED:
        return RunInvalid(
            f"The probe was killed: it used more than its {MEMORY} of memory, or somebody removed it.",
            hint="does the scenario collect data? fewer --users need less",
        )
    return _engine_side(code, words) or LabError(f"The probe ended with {code}:\n{last}")


def _engine_side(code: int, words: str) -> LabError | None:
    last = "\n".join(words.splitlines()[-8:])
    if "Unable to find image" in words or "No such image" in words:
        return MachineNotReady("The probe's image is missing.", hint="lab images build probe")
    if "network" in words and "not found" in words:
        return LabNotRunning(f"The lab went away:\n{last}", hint="lab up")
    if code == _DOCKER_FAILED:
        return MachineNotReady(
            f"The engine could not run the probe, or went away:\n{last}", hint="lab doctor"
        )
    return None


def _what_failed(event: Mapping[str, Any]) -> str:
    lines = [str(problem) for problem in event.get("problems", [])]
    if event.get("message"):
        place = f"{event['file']}, line {event['line']}: " if event.get("file") and event.get("line") else ""
        lines.insert(0, f"{place}{event['message']}")
    return "\n".join(lines)
