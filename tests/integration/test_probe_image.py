"""The probe as a container, against a stand-in site in the same container: protocol, exit codes, ends."""

import json
import subprocess
import threading
import time

import pytest

pytestmark = pytest.mark.docker

IMAGE = "scalability-lab/probe:0.1.0"
# A site with two kinds of pages that says of itself what the lab's app says.
SITE = """
import http.server, socketserver
class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        kind, _, number = self.path.strip("/").partition("/")
        page = f'<html lang="en" data-page="{kind or "feed"}" data-id="{number}">words</html>'.encode()
        head = ["HTTP/1.1 200 OK", f"Content-Length: {len(page)}", "X-Replica: web-1", "X-Cache: hit", "X-Work-Ms: 2.5"]
        self.wfile.write("\\r\\n".join(head).encode() + b"\\r\\n\\r\\n" + page)
    def log_message(self, *_): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer): daemon_threads = True
Server(("127.0.0.1", 8000), Site).serve_forever()
"""
SCENARIO = """
from labload import LabUser, action

class Guest(LabUser):
    @action("feed")
    def feed(self):
        self.page("/", kind="feed")

    @action("photo")
    def photo(self):
        number = self.photo_ids.next()
        self.page(f"/photo/{number}", kind="photo", page_id=number)
"""


@pytest.fixture(scope="module", autouse=True)
def _image():
    if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False).returncode:
        pytest.skip(f"{IMAGE} is not built")


def job(locustfile: str = SCENARIO, mix: dict | None = None, **load) -> dict:
    settings = {"mix": mix or {"feed": 0.25, "photo": 0.75}}
    return {
        "schema": "probe.job/1",
        "target": "http://127.0.0.1:8000",
        "scenario": {"name": "trial", "locustfile": locustfile, "settings": settings},
        "load": {"users": 4, "ramp_s": 0, "warmup_s": 0.5, "duration_s": 2} | load,
        "data": {"users": 10, "photos": 100},
    }


def start(name: str) -> subprocess.Popen:
    script = 'python -c "$SITE" & sleep 0.5; exec python -m probe'
    return subprocess.Popen(
        ["docker", "run", "-i", "--rm", "--init", "--name", name, "--network", "none", "--read-only", "--cap-drop", "ALL",
         "--env", f"SITE={SITE}", "--entrypoint", "sh", IMAGE, "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(document: dict | str) -> tuple[int, list[dict]]:
    """Return the exit code and the events of one job."""
    process = start(f"try-probe-test-{time.monotonic_ns()}")
    text = document if isinstance(document, str) else json.dumps(document)
    output, _ = process.communicate(text.encode(), timeout=90)
    return process.returncode, [json.loads(line) for line in output.splitlines()]


def only(events: list[dict], name: str) -> dict:
    found = [event for event in events if event["event"] == name]
    assert len(found) == 1, f"{len(found)} events {name!r}: {[event['event'] for event in events]}"
    return found[0]


def test_a_whole_run():
    code, events = run(job())
    assert code == 0
    assert only(events, "verified")["checks"] == 3  # the start and two actions
    result = only(events, "result")
    assert result["failures"] == 0
    assert result["requests"] > 50
    assert result["replicas"] == {"web-1": result["requests"]}
    assert result["work_ms"] == {"mean": pytest.approx(2.5), "count": result["requests"]}
    assert result["mix"]["photo"] == pytest.approx(0.75, abs=0.02)
    assert result["latency_ms"]["p50"] <= result["latency_ms"]["p95"] <= result["latency_ms"]["max"]
    span_s = result["window"]["end_s"] - result["window"]["start_s"]
    assert span_s == pytest.approx(2, abs=0.1)
    assert result["throughput_rps"] == pytest.approx(result["requests"] / span_s)
    assert 0 < result["generator"]["cpu_ratio"] < 2
    phases = [event["phase"] for event in events if event["event"] == "phase"]
    assert phases == ["ramp", "warmup", "measure", "drain"]
    measured = [event for event in events if event["event"] == "second" and event["phase"] == "measure"]
    assert sum(event["requests"] for event in measured) == result["requests"]


def test_a_run_with_think_time_asks_less():
    code, events = run(job(think_s=0.5))
    assert code == 0
    assert 2 <= only(events, "result")["requests"] <= 40  # 4 users, every half second on average, for 2 s


def test_a_bad_job():
    code, events = run({"schema": "probe.job/1", "load": {"duration_s": 0}})
    assert code == 2
    assert "load.duration_s" in events[0]["problems"][0]


@pytest.mark.parametrize(
    ("locustfile", "line", "message"),
    [
        ("import missing_thing\n" + SCENARIO, 1, "missing_thing"),
        (SCENARIO.replace('self.page("/", kind="feed")', "1 / 0"), 7, "division by zero"),
        (SCENARIO.replace('@action("feed")', '@action("fed")'), 0, "does not have: feed"),
    ],
)
def test_a_scenario_that_fails(locustfile, line, message):
    code, events = run(job(locustfile))
    assert code == 5
    failed = only(events, "scenario-failed")
    assert message in failed["message"]
    assert (failed["file"], failed["line"]) == ("trial.py", line)


def test_a_scenario_that_fails_only_under_load():
    late = SCENARIO.replace('self.page("/", kind="feed")', "self.index == 3 and 1 / 0")
    code, events = run(job(late, duration_s=30))
    assert code == 5
    assert only(events, "scenario-failed")["line"] == 7
    assert not [event for event in events if event["event"] == "result"]


@pytest.mark.slow
def test_a_scenario_that_never_returns():
    endless = SCENARIO.replace('self.page("/", kind="feed")', "while True: pass")
    code, events = run(job(endless))
    assert code == 5
    failed = only(events, "scenario-failed")
    assert (failed["file"], failed["line"]) == ("trial.py", 7)


def test_a_page_that_is_not_what_was_asked_for_stops_the_run_before_the_load():
    code, events = run(job(SCENARIO.replace('"/", kind="feed"', '"/", kind="login"')))
    assert code == 5
    assert only(events, "verify-failed")["problems"] == ["login: page 'feed', expected 'login'"]
    assert not [event for event in events if event["event"] == "phase"]


def test_watching_a_tier_that_is_not_there():
    code, events = run(
        {"schema": "probe.job/1", "load": {"duration_s": 2}, "watch": {"cache": ["127.0.0.1"]}}
    )
    assert code == 0
    problem = only(events, "problem")
    assert (problem["tier"], problem["target"]) == ("cache", "127.0.0.1")
    assert "refused" in problem["message"]
    assert 0 <= [event for event in events if event["event"] == "host"][-1]["idle_ratio"] <= 1


def test_a_stop_ends_it_at_once():
    name = f"try-probe-test-{time.monotonic_ns()}"
    process = start(name)
    threading.Timer(
        4, lambda: subprocess.run(["docker", "stop", "--time", "10", name], capture_output=True, check=False)
    ).start()
    before_s = time.monotonic()
    process.communicate(json.dumps(job(duration_s=60)).encode(), timeout=60)
    assert process.returncode == 143
    assert time.monotonic() - before_s < 8


def test_the_image_is_lean():
    listing = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "--entrypoint", "sh", IMAGE, "-c", "id -u; command -v gcc pip cc || true"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert listing.stdout.split() == ["4004"]
