"""The open load in the probe's image: starts, both latencies, drops, and a stall that a closed load hardly sees."""

import json
import subprocess

import pytest

from tests.integration import test_probe_image as probe
from tests.integration.test_probe_image import SITE, job, only

pytestmark = pytest.mark.docker

# The same site; once, 1.5 s after the first request, everything waits for one second.
_GATE = """
import threading, time
gate, first, done = threading.Lock(), [], []
def pass_gate():
    with gate:
        first or first.append(time.monotonic())
        if not done and time.monotonic() - first[0] > 1.5:
            done.append(1)
            time.sleep(1)
"""
STALLING = _GATE + SITE.replace("    def do_GET(self):\n", "    def do_GET(self):\n        pass_gate()\n")


@pytest.fixture(autouse=True)
def _image():
    if subprocess.run(
        ["docker", "image", "inspect", probe.IMAGE], capture_output=True, check=False
    ).returncode:
        pytest.skip(f"{probe.IMAGE} is not built")


def run(document: dict, site: str = SITE) -> tuple[int, list[dict]]:
    """Return the exit code and the events of one job against a site of one's own."""
    script = 'python -c "$SITE" & sleep 0.5; exec python -m probe'
    done = subprocess.run(
        ["docker", "run", "-i", "--rm", "--init", "--network", "none", "--read-only", "--cap-drop", "ALL",
         "--env", f"SITE={site}", "--entrypoint", "sh", probe.IMAGE, "-c", script],
        input=json.dumps(document).encode(), capture_output=True, timeout=90, check=False,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_an_open_load_keeps_its_plan():
    code, events = run(job(users=100, rate_rps=40, duration_s=4))
    assert code == 0
    result = only(events, "result")
    starts = result["starts"]
    assert 100 <= starts["planned"] <= 220  # 160 on average, of a Poisson process
    assert starts["dropped"] == 0
    assert abs(result["actions"] - starts["planned"]) <= 10  # what was under way at the ends
    assert result["failures"] == 0
    assert result["service_latency_ms"]["p50"] <= result["latency_ms"]["p50"]


def test_starts_beyond_the_pool_are_dropped_and_counted():
    code, events = run(job(users=2, rate_rps=100, duration_s=4), STALLING)
    assert code == 0
    starts = only(events, "result")["starts"]
    assert starts["dropped"] > 20  # in the second of the stall two users were under way, and nobody was left
    assert starts["dropped"] < starts["planned"]
    told = [event for event in events if event["event"] == "second" and event["phase"] == "measure"]
    assert sum(event["dropped"] for event in told) == starts["dropped"]
    assert sum(event["late"] for event in told) == starts["late"]


def test_a_stall_is_seen_by_an_open_load_and_omitted_by_a_closed_one():
    _, events = run(job(users=1, duration_s=4), STALLING)
    closed = only(events, "result")
    _, events = run(job(users=300, rate_rps=100, duration_s=4), STALLING)
    opened = only(events, "result")
    assert closed["latency_ms"]["max"] > 900  # its one user waited, and asked nothing meanwhile
    assert closed["latency_ms"]["p99"] < 300
    assert opened["starts"]["dropped"] == 0
    assert opened["latency_ms"]["p99"] > 700


def test_a_scenario_that_fails_under_an_open_load_is_blamed():
    broken = probe.SCENARIO.replace(
        'self.page("/", kind="feed")', "self.index > 0 and 1 / 0"
    )  # not while it is verified
    code, events = run(job(broken, users=20, rate_rps=50, duration_s=20))
    assert code == 5
    assert only(events, "scenario-failed")["line"] == 7
    assert not [event for event in events if event["event"] == "result"]
