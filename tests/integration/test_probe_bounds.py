"""Scenario files that misbehave, in the probe's container: each ends in time with code 5, and is blamed by file and line."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from tests.integration.test_probe_image import IMAGE, SCENARIO, job, only, run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(150)]

ACTION = 'self.page("/", kind="feed")'


def in_action(text: str) -> str:
    return "import os, sys, time\n" + SCENARIO.replace(ACTION, text)


CASES = {
    "sleeps at import": ("import time\ntime.sleep(9999)\n" + SCENARIO, 2, "no sign of life"),
    "loops at import": ("while True: pass\n" + SCENARIO, 1, "no sign of life"),
    "sleeps in an action": (in_action("time.sleep(9999)"), 8, "no sign of life"),
    "exits at import": ("import sys\nsys.exit(0)\n" + SCENARIO, 2, "SystemExit"),
    "exits in an action": (in_action("sys.exit(0)"), 8, "SystemExit"),
    "ends the process": (in_action("os._exit(0)"), 0, "ended with 0 before the result"),
    "aborts": (in_action("os.abort()"), 0, "killed by signal 6 before the result"),
    "kills itself": (in_action("os.kill(os.getpid(), 9)"), 0, "does it take too much memory?"),
    "takes memory": (in_action("self.hoard = bytearray(2_000_000_000)"), 8, "MemoryError"),
    "takes memory bit by bit": (in_action("x = [bytearray(1_000_000) for _ in range(5_000)]"), 8, "MemoryError"),
    "takes memory at import": ("x = bytearray(2_000_000_000)\n" + SCENARIO, 1, "MemoryError"),
    "closes everything": (in_action("os.closerange(0, 64)"), 0, ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_it_ends_and_is_blamed(kind: str) -> None:
    locustfile, line, words = CASES[kind]
    before_s = time.monotonic()
    code, events = run(job(locustfile))
    assert time.monotonic() - before_s < 90  # bounded: the window is 2 s, silence may last 20 s
    assert code == 5
    failed = only(events, "scenario-failed")
    assert words in failed["message"]
    if line:
        assert (failed["file"], failed["line"]) == ("trial.py", line)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    "text", ["'x' * 5_000_000", "'x' * 79 + chr(10)) or sys.STREAM.write(('y' * 79 + chr(10)) * 60_000"]
)
def test_megabytes_of_output_stop_nothing(stream: str, text: str) -> None:
    """Written in an action that also asks for a page: the run goes on, and what is passed on has a bound."""
    printing = f"sys.{stream}.write({text.replace('STREAM', stream)}); self.page('/', kind='feed')"
    name = f"try-probe-test-{time.monotonic_ns()}"
    from tests.integration.test_probe_image import start

    process = start(name)
    output, errors = process.communicate(json.dumps(job(in_action(printing), users=1)).encode(), timeout=90)
    assert process.returncode == 0, errors[-2000:]
    events = [json.loads(line) for line in output.splitlines()]
    assert only(events, "result")["failures"] == 0
    assert len(errors) < 1_000_000


def test_output_that_nobody_reads_holds_nothing_up() -> None:
    """`lab` that reads only events must not stop the probe: its standard error is bounded below a pipe and a log."""
    noisy = in_action("sys.stderr.write('z' * 1_000_000); self.page('/', kind='feed')")
    done = subprocess.run(
        ["docker", "run", "-i", "--rm", "--network", "none", "--memory", "1g", "--memory-swap", "1g", "--entrypoint", "sh", IMAGE,
         "-c", "python -m probe 2>/dev/null"],
        input=json.dumps(job(noisy)).encode(), capture_output=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode == 5  # no site answers there: verification says so, and nothing hangs
    assert b'"event":"verify-failed"' in done.stdout
