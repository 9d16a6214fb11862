"""What is done to a lab, or to this machine, while a case is measured; all of it is undone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.ground_truth_cases import Case
from bench.labs import run
from lab.model.cpu import quota

LAB: Final = "ground-truth"


def container(service: str) -> str:
    return f"{LAB}-{service}-1"


@contextmanager
def quotas(case: Case) -> Iterator[None]:
    """Give containers without a quota of their own one, until the context is left."""
    try:
        for service, cores in case.quotas.items():
            q = quota(cores)
            run(["docker", "update", f"--cpu-period={q.period_us}", f"--cpu-quota={q.quota_us}", container(service)])  # fmt: skip
        yield
    finally:
        for service in case.quotas:
            run(["docker", "update", "--cpu-quota=-1", container(service)])


@contextmanager
def meanwhile(case: Case) -> Iterator[None]:
    """Run a case's command in a container, or burn CPU here, until the context is left."""
    started: list[subprocess.Popen[bytes]] = []
    held: subprocess.Popen[bytes] | None = None
    if case.meanwhile:
        service, command = case.meanwhile
        held = subprocess.Popen(["docker", "exec", container(service), "sh", "-c", command])
        time.sleep(15)
    if case.burn == "host":
        busy = [sys.executable, "-c", "while True: pass"]
        started += [subprocess.Popen(busy) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
        if held:  # to kill it here would not end it in its container, and the next case would meet it
            held.wait(timeout=120)


def starve_generator(bench: subprocess.Popen[str]) -> None:
    """Take nearly all CPU from the load generator as soon as it is in its window."""
    while bench.poll() is None:
        found = run(["docker", "ps", "-q", "--filter", f"label=lab.name={LAB}", "--filter", "label=lab.role=probe"]).split()  # fmt: skip
        if found and '"phase":"measure"' in run(["docker", "logs", found[0]]):
            run(["docker", "update", "--cpu-period=100000", "--cpu-quota=5000", found[0]])
            return
        time.sleep(0.2)
