"""Requests per CPU second of our load generator, against a bare Locust script."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure, ratio
from bench.labs import OURS, run
from lab.adapters.engine_socket import engine_at_hand
from lab.tiers.base import image

STATIC: Final = Path(__file__).parent.parent / "static"
USERS: Final = 16
WARMUP_S: Final = 3.0
DURATION_S: Final = 8.0
_TARGET: Final = "http://page"
_SCENARIO: Final = """
from labload import LabUser, action


class Visitor(LabUser):
    @action("page")
    def load(self):
        self.page("/page.html", kind="static", page_id=1)
"""


def measure(rounds: int) -> list[Figure]:
    """Return (our requests per CPU second) / (Locust's own): same image, page, server and number of users.

    CPU time is the whole container's; ours also checks each body and counts latencies exactly. The server is an HAProxy
    that answers from memory, so the generator is what works.
    """
    ours, theirs = [], []
    with answering() as network:
        for _ in range(rounds):
            ours.append(_ours(network))
            theirs.append(_bare(network))
    what = "requests per CPU second: probe / bare FastHttpUser"
    labels = ("probe, requests per CPU s", "bare script, requests per CPU s")
    return [ratio("generator", what, ours=ours, theirs=theirs, reach=0.9, at_least=True, labels=labels)]


@contextmanager
def answering() -> Iterator[str]:
    """Yield a network in which `page` is an HAProxy that answers from memory."""
    network = server = f"{OURS}-page"
    try:
        run(["docker", "network", "create", network])
        run(["docker", "create", "--name", server, "--network", network, "--network-alias", "page", image("balancer"),
             "haproxy", "-W", "-db", "-f", "/tmp/haproxy.cfg"])  # fmt: skip  # noqa: S108 - in the container
        run(["docker", "cp", str(STATIC / "haproxy.cfg"), f"{server}:/tmp/haproxy.cfg"])
        run(["docker", "cp", str(STATIC / "page.html"), f"{server}:/srv/page.html"])
        run(["docker", "start", server])
        yield network
    finally:
        subprocess.run(["docker", "rm", "--force", server], capture_output=True, check=False)
        subprocess.run(["docker", "network", "rm", network], capture_output=True, check=False)


def static_job() -> dict[str, Any]:
    """Return a closed job of one page that `answering` serves."""
    return {
        "schema": "probe.job/1",
        "target": _TARGET,
        "seed": 1,
        "scenario": {"name": "static", "locustfile": _SCENARIO, "modules": {}, "settings": {"mix": {"page": 1.0}}},
        "load": {"users": USERS, "ramp_s": 1.0, "warmup_s": WARMUP_S, "duration_s": DURATION_S, "think_s": 0},
        "watch": {},
        "data": {"users": 1, "photos": 1},
        "verify": False,
    }  # fmt: skip


def _ours(network: str) -> float:
    marks: list[float] = []
    requests = failures = 0
    with _container(network, [image("probe")], json.dumps(static_job()), {}) as (name, lines):
        for line in lines:
            event = json.loads(line)
            if event["event"] == "phase" and event["phase"] in {"measure", "drain"}:
                marks.append(_cpu_s(name))
            if event["event"] == "result":
                requests, failures = event["requests"], event["failures"]
                break
    return _per_cpu_second("probe", requests, failures, marks)


def _bare(network: str) -> float:
    marks: list[float] = []
    counts: list[dict[str, int]] = []
    environment = {"TARGET": _TARGET, "USERS": USERS, "WARMUP_S": 1.0 + WARMUP_S, "DURATION_S": DURATION_S}
    script = (STATIC / "bare.py").read_text(encoding="utf-8")
    with _container(network, ["--entrypoint", "python", image("probe"), "-"], script, environment) as (
        name,
        lines,
    ):
        for line in lines:
            marks.append(_cpu_s(name))
            counts.append(json.loads(line))
            if len(counts) == 2:
                break
    requests = counts[1]["requests"] - counts[0]["requests"]
    return _per_cpu_second("bare script", requests, counts[1]["failures"], marks)


def _per_cpu_second(who: str, requests: int, failures: int, marks: Sequence[float]) -> float:
    if failures or not requests or len(marks) != 2:
        raise RuntimeError(f"generator: {who}: {requests} requests, {failures} failed, {len(marks)} readings")
    return requests / (marks[1] - marks[0])


def _cpu_s(name: str) -> float:
    return engine_at_hand().sample(name).cpu_s


def probe_lines(network: str, text: str) -> AbstractContextManager[tuple[str, Iterator[str]]]:
    """Run one job in the probe's image; yield the container's name and the events as lines."""
    return _container(network, [image("probe")], text, {})


@contextmanager
def _container(
    network: str, argv: Sequence[str], text: str, environment: Mapping[str, object]
) -> Iterator[tuple[str, Iterator[str]]]:
    name = f"{OURS}-generator"
    settings = [word for key, value in environment.items() for word in ("--env", f"{key}={value}")]
    command = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        "--name",
        name,
        "--network",
        network,
        *settings,
        *argv,
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        process.stdin.write(text)
        process.stdin.close()
        yield name, iter(process.stdout)
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
        process.wait(30)
        if process.stdout:
            process.stdout.close()
