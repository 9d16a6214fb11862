"""The measuring container: `docker run -i` on the lab's networks, one job in, JSON lines out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from lab.adapters.process import engine_problem, run
from lab.errors import LabError, MachineNotReady, RunInvalid
from lab.model.state import LABEL_LAB, LABEL_ROLE
from lab.tiers.base import image

_NETWORKS: Final = ("web", "data")
_SCENARIO_FAILED: Final = 5
_LABEL_OWNER: Final = "lab.owner"


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_alive(owner: str) -> bool:
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return True  # somebody else's, on another machine: not ours to judge
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove_orphans(lab: str) -> None:
    """Remove the measuring containers of killed runs; one whose command still runs means that the lab is taken."""
    template = '{{.ID}} {{.Label "' + _LABEL_OWNER + '"}}'
    label = ["--filter", f"label={LABEL_LAB}={lab}", "--filter", f"label={LABEL_ROLE}=probe"]
    for line in run(["docker", "ps", "-a", *label, "--format", template], timeout_s=20).splitlines():
        container, _, owner = line.partition(" ")
        if _is_alive(owner):
            raise MachineNotReady(
                f'Another measurement is running in lab "{lab}" (process {owner.rpartition(":")[2]}).',
                hint="wait for it: two at once would measure each other",
            )
        run(["docker", "rm", "-f", container], timeout_s=30)


def _argv(lab: str, name: str) -> list[str]:
    return [
        "docker", "run", "-i", "--rm", "--name", name,
        "--label", f"{LABEL_LAB}={lab}", "--label", f"{LABEL_ROLE}=probe", "--label", f"{_LABEL_OWNER}={_owner()}",
        "--network", f"{lab}_web", "--network", f"{lab}_data",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--read-only",
        "--tmpfs", "/tmp:mode=1777",  # noqa: S108 - inside the container
        "--group-add", "4004", "--volume", f"{lab}_credentials:/run/credentials:ro",
        "--cpu-shares", "4096",  # the generator must never be the hidden queue
        "--memory", "1g", "--pids-limit", "128", "--log-opt", "max-size=2m", "--log-opt", "max-file=2",
        "--env", "HTTP_PROXY=", "--env", "HTTPS_PROXY=", "--env", "http_proxy=", "--env", "https_proxy=",
        image("probe"),
    ]  # fmt: skip


class DockerProbe:
    """Implements `lab.ports.Probe`."""

    @contextmanager
    def run(self, lab: str, job: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
        """Start the probe with a job; iterate over its events; leaving the context ends it."""
        _remove_orphans(lab)
        name = f"{lab}-probe-{uuid.uuid4().hex[:8]}"
        process = subprocess.Popen(
            _argv(lab, name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", start_new_session=True,  # Ctrl-C reaches us, and we end it in order
        )  # fmt: skip
        try:
            yield _events(process, job)
        finally:
            if process.poll() is None:
                subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False, timeout=30)
                process.kill()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
            process.wait(timeout=10)


def _events(process: subprocess.Popen[str], job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    assert process.stdin  # noqa: S101 - all three are pipes
    assert process.stdout  # noqa: S101
    assert process.stderr  # noqa: S101
    try:
        process.stdin.write(json.dumps(job))
        process.stdin.close()
    except BrokenPipeError:
        pass  # its exit code and its words below say why
    failure: dict[str, Any] | None = None
    for line in process.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a scenario that prints
        if event.get("event") in {"scenario-failed", "verify-failed", "bad-job"}:
            failure = event
        yield event
    code = process.wait()
    if code == 0:
        return
    words = process.stderr.read().strip()
    problem = engine_problem(words)
    if problem:
        raise problem
    if code == _SCENARIO_FAILED or failure:
        what = _what_failed(failure or {}) or "\n".join(words.splitlines()[-6:])
        raise RunInvalid(f"The scenario failed:\n{what}", hint="lab scenarios shows where its files are")
    if "Unable to find image" in words or "No such image" in words:
        raise MachineNotReady("The probe's image is missing.", hint="lab images build probe")
    raise LabError(f"The probe ended with {code}:\n" + "\n".join(words.splitlines()[-8:]))


def _what_failed(event: Mapping[str, Any]) -> str:
    lines = [str(problem) for problem in event.get("problems", [])]
    if event.get("message"):
        place = f"{event['file']}, line {event['line']}: " if event.get("file") and event.get("line") else ""
        lines.insert(0, f"{place}{event['message']}")
    return "\n".join(lines)
