"""Several generator processes in the probe's image, against an HAProxy that counts who asked how often."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from lab.tiers.base import image
from probe.arrivals import Arrivals
from probe.checks import client_address
from tests.docker_lab import docker, logs, own, put_file
from tests.integration.test_probe_image import IMAGE, job, only

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

HAPROXY = """
global
    stats socket ipv4@127.0.0.1:9999 level operator
defaults
    mode http
    timeout client 30s
    timeout connect 5s
    timeout server 30s
frontend site
    bind :8000
    stick-table type string len 16 size 1k store http_req_cnt
    http-request track-sc0 req.hdr(x-forwarded-for)
    http-request return status 200 content-type text/plain string "null"
"""
EACH = 40
# Every user waits for the window, asks EACH times, and then no more: nothing is under way at either end.
COUNTED = f"""
import gevent
from labload import LabUser, action

class Guest(LabUser):
    left = {EACH}

    def on_start(self):
        gevent.sleep(1)

    @action("ask")
    def ask(self):
        if self.left:
            self.left -= 1
            self.fetch("/", name="ask", contains="null")
        else:
            gevent.sleep(0.1)
"""
PLAIN = """
from labload import LabUser, action

class Guest(LabUser):
    @action("ask")
    def ask(self):
        self.fetch("/", name="ask", contains="null")
"""
# Busy with itself: it would not notice that nobody listens to it any more.
CIRCLING = """
from labload import LabUser, action

class Guest(LabUser):
    @action("ask")
    def ask(self):
        while True:
            pass
"""
SHOW_TABLE = """
import socket
with socket.create_connection(("127.0.0.1", 9999)) as connection:
    connection.sendall(b"show table site" + bytes([10]))
    while chunk := connection.recv(65536):
        print(chunk.decode(), end="")
"""
PROCESSES_OF = """
import pathlib
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    words = path.read_bytes().split(bytes(1))
    if b"probe.generate" in words:
        print(path.parent.name, *[word.decode() for word in words[3:] if word])
"""


@pytest.fixture
def site() -> Iterator[str]:
    """Yield the name of a container that answers every request, and counts them by the address that each names."""
    name = own("who-asks")
    try:
        docker(
            "create",
            "--name",
            name,
            "--network",
            "none",
            image("balancer"),
            "haproxy",
            "-W",
            "-db",
            "-f",
            "/tmp/site.cfg",
        )
        put_file(name, "/tmp/site.cfg", HAPROXY)
        docker("start", name)
        yield name
    finally:
        docker("rm", "-f", "-v", name, check=False)


def start(site: str, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["docker", "run", "-i", "--rm", "--name", name, "--network", f"container:{site}", "--read-only", "--cap-drop", "ALL",
         "--memory", "1g", IMAGE],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(site: str, document: dict[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    process = start(site, own("probe"))
    output, _ = process.communicate(json.dumps(document).encode(), timeout=90)
    return process.returncode, [json.loads(line) for line in output.splitlines()]


def asked_by(site: str) -> Counter[str]:
    """Return how often each address asked, as HAProxy counted."""
    table = docker(
        "run", "--rm", "--network", f"container:{site}", "--entrypoint", "python", IMAGE, "-c", SHOW_TABLE
    )
    return Counter({who: int(count) for who, count in re.findall(r"key=(\S+) .*http_req_cnt=(\d+)", table)})


def trial(locustfile: str, **load: Any) -> dict[str, Any]:
    return job(locustfile, {"ask": 1.0}, **load) | {"verify": False}


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_totals_are_what_haproxy_counted_user_by_user(site: str, processes: int) -> None:
    code, events = run(site, trial(COUNTED, users=10, warmup_s=0.5, duration_s=4, processes=processes))
    assert code == 0
    result = only(events, "result")
    assert (result["requests"], result["failures"]) == (10 * EACH, 0)
    assert asked_by(site) == {
        client_address(index): EACH for index in range(10)
    }  # each user once, in one process
    assert result["generator"]["processes"] == processes
    assert result["generator"]["cpu_ratio"] <= result["generator"]["cpu_cores"] <= processes
    seconds = [event for event in events if event["event"] == "second"]
    assert sum(event["requests"] for event in seconds) == 10 * EACH
    assert max(event["users"] for event in seconds) == 10
    assert [e["phase"] for e in events if e["event"] == "phase"] == ["ramp", "warmup", "measure", "drain"]
    assert result["window"]["end_s"] - result["window"]["start_s"] == pytest.approx(4, abs=0.1)


def test_an_open_load_of_two_processes_starts_what_was_drawn(site: str) -> None:
    code, events = run(
        site, trial(PLAIN, users=60, rate_rps=80, warmup_s=1, duration_s=5, processes=2) | {"seed": 7}
    )
    assert code == 0
    arrivals = Arrivals(80, 7)
    due_s = list(itertools.takewhile(lambda s: s < 6, iter(arrivals.next_s, None)))
    planned = sum(s >= 1 for s in due_s)
    starts = only(events, "result")["starts"]
    assert (
        abs(starts["planned"] - planned) <= 3
    )  # those due within the milliseconds in which the window opens and closes
    assert starts["dropped"] == 0
    assert abs(sum(asked_by(site).values()) - len(due_s)) <= 3


def generators(name: str) -> list[list[str]]:
    """Return pid, number and count of the generator processes in a container."""
    out = docker("exec", name, "python", "-c", PROCESSES_OF, check=False)
    return [line.split() for line in out.splitlines()]


def loaded(site: str, name: str) -> subprocess.Popen[bytes]:
    """Start a load of two processes and return when it is under way."""
    process = start(site, name)
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(trial(PLAIN, users=4, think_s=0.05, duration_s=60, processes=2)).encode())
    process.stdin.close()
    process.stdin = None
    for line in process.stdout:
        if b'"phase":"measure"' in line:
            return process
    raise AssertionError("no window")


def test_a_killed_process_ends_all(site: str) -> None:
    name = own("probe")
    process = loaded(site, name)
    try:
        found = {number: pid for pid, number, _ in generators(name)}
        assert sorted(found) == ["0", "1"]
        before_s = time.monotonic()
        docker("exec", name, "python", "-c", f"import os; os.kill({found['1']}, 9)")
        output, _ = process.communicate(timeout=30)
        assert time.monotonic() - before_s < 10
        assert process.returncode == 5
        events = [json.loads(line) for line in output.splitlines()]
        assert (
            "process 2 of 2 was killed by signal 9 before the result"
            in only(events, "scenario-failed")["message"]
        )
        assert not [event for event in events if event["event"] == "result"]
    finally:
        docker("rm", "-f", "-v", name, check=False)


# Ends the supervisor once its processes run, and prints how many ran and which are left. All of it inside the container:
# the engine, asked for each step, may take longer than the container lives.
END_SUPERVISOR = """
import os, pathlib, sys, time

def words_of():
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(path.parent.name), path.read_bytes().split(bytes(1))
        except OSError:
            pass  # it has just ended

def generators():
    return [pid for pid, words in words_of() if b"probe.generate" in words]

def until(is_reached):
    for _ in range(200):
        if is_reached():
            break
        time.sleep(0.1)

until(lambda: len(generators()) == 2)
time.sleep(1)  # past their imports
ran = generators()
for pid, words in words_of():
    if words[1:3] == [b"-m", b"probe"]:
        os.kill(pid, int(sys.argv[1]))
time.sleep(1)
print(len(ran), len(set(ran) & set(generators())))
"""


@pytest.mark.parametrize("signal_number", [9, 15])
def test_no_process_outlives_the_supervisor(site: str, signal_number: int) -> None:
    """In a container that lives on: the supervisor is not its first process here."""
    name = own("probe")
    document = json.dumps(trial(CIRCLING, users=4, duration_s=300, processes=2))
    script = 'printf %s "$JOB" | python -m probe >/dev/null & sleep 300'
    try:
        docker("run", "-d", "--init", "--name", name, "--network", f"container:{site}", "--env", f"JOB={document}",
               "--entrypoint", "sh", IMAGE, "-c", script)  # fmt: skip
        told = docker("exec", name, "python", "-c", END_SUPERVISOR, str(signal_number), check=False)
        state = docker("inspect", "--format", "{{json .State}}", name)
        assert told == "2 0", state + logs(name)
        assert json.loads(state)["Running"], state
    finally:
        docker("rm", "-f", "-v", name, check=False)
