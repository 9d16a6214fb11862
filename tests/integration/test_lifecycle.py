"""Labs come, change under load, stand side by side, and go without a trace."""

from __future__ import annotations

import csv
import io
import subprocess
import threading
import time
from typing import Self

import pytest
import requests

from tests.docker_lab import Visitor, docker, lab, lab_json, own, running

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


class Load:
    """A bounded load in the background: at most 4 threads, 3,000 requests each, 120 s."""

    def __init__(self, url: str) -> None:
        self.failed: list[str] = []
        self.done = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(url, n)) for n in range(4)]

    def _run(self, url: str, n: int) -> None:
        session = requests.Session()
        deadline = time.monotonic() + 120
        for i in range(3000):
            if self._stop.is_set() or time.monotonic() > deadline:
                return
            try:
                answer = session.get(f"{url}/photo/{1 + (i * 7 + n) % 200}", timeout=30)
                if answer.status_code != 200 or not answer.text.rstrip().endswith("</html>"):
                    self.failed.append(f"{answer.status_code}")
            except requests.RequestException as error:
                self.failed.append(repr(error))
            self.done += 1

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_scaling_and_changing_under_load_fails_no_request() -> None:
    with running(own("scale"), "--stage", "balanced", "--replicas", "2") as url, Load(url) as load:
        assert lab_json("scale", "web=4", "--lab", own("scale"))["changed"]["added"] == ["web-3", "web-4"]
        assert lab_json("scale", "web=1", "--lab", own("scale"))["changed"]["removed"] == [
            "web-2",
            "web-3",
            "web-4",
        ]
        assert lab_json("scale", "web=3", "--lab", own("scale"))["changed"]["added"] == ["web-2", "web-3"]
        # every replica is replaced, one at a time
        changed = lab_json("up", "--lab", own("scale"), "--stage", "balanced", "--web-cpu", "0.15")["changed"]
        assert changed["replaced"] == ["web-1", "web-2", "web-3"]
        time.sleep(1)
        balancer = _web_backend(own("scale"))
    assert load.done > 100
    assert load.failed == []
    # nor has one first gone to a replica that had left, or did not listen yet, and then to another: that takes time
    assert (balancer["wretr"], balancer["wredis"]) == ("0", "0")


def _web_backend(name: str) -> dict[str, str]:
    text = docker("exec", f"{name}-balancer-1", "balancer-admin", "show stat")
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    return next(row for row in rows if (row["pxname"], row["svname"]) == ("web", "BACKEND"))


def test_what_a_killed_command_left_is_mended_by_the_next() -> None:
    name = own("mend")
    with running(name, "--stage", "balanced") as url:
        docker("exec", f"{name}-balancer-1", "balancer-admin", "set server web/web-2 state drain")
        docker("rm", "--force", f"{name}-web-3-1")
        docker("stop", f"{name}-web-1-1")
        assert lab("status", "--lab", name, check=False).returncode == 4
        changed = lab_json("up", "--stage", "balanced", "--lab", name)["changed"]
        assert changed == {"added": ["web-1", "web-3"], "replaced": [], "removed": []}
        assert {Visitor(url).whoami()["replica"] for _ in range(12)} == {"web-1", "web-2", "web-3"}


def test_two_labs_side_by_side() -> None:
    with running(own("a"), "--stage", "single") as a, running(own("b"), "--stage", "single") as b:
        assert a != b
        assert Visitor(a).get("/").status_code == Visitor(b).get("/").status_code == 200
        assert {own("a"), own("b")} <= {row["lab"] for row in lab_json("ls")["labs"]}


def test_up_the_ladder_and_down_again() -> None:
    name = own("ladder")
    with running(name, "--stage", "single") as url:
        for stage in ("balanced", "shared", "cached", "replicated", "single"):
            document = lab_json("up", "--stage", stage, "--lab", name)
            assert document["topology"]["stage"] == stage
            assert document["url"].rstrip("/") == url
            assert all(c["state"] == "running" for c in document["containers"] if c["tier"] != "credentials")
            assert Visitor(url).get("/").status_code == 200


def test_down_leaves_nothing() -> None:
    name = own("trace")
    with running(name, "--stage", "cached"):
        pass
    label = f"label=lab.name={name}"
    assert docker("ps", "-aq", "--filter", label) == ""
    assert docker("volume", "ls", "-q", "--filter", label) == ""
    assert docker("network", "ls", "-q", "--filter", label) == ""
    assert lab("status", "--lab", name, check=False).returncode == 4


def test_down_keeps_the_data_unless_told() -> None:
    name = own("keep")
    with running(name, "--stage", "single") as url:
        visitor = Visitor(url)
        visitor.log_in()
        visitor.post("/photo/3/comment", "/photo/3", {"body": "still here tomorrow"})
        lab("down", "--lab", name)
        url = lab_json("up", "--stage", "single", "--lab", name)["url"].rstrip("/")
        assert "still here tomorrow" in Visitor(url).get("/photo/3").text


def test_compose_runs_without_lab() -> None:
    project = own("plain")
    text = lab("compose", "--stage", "cached").stdout
    up = ["docker", "compose", "-f", "-", "-p", project, "up", "-d", "--wait"]
    try:
        done = subprocess.run(
            up,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
            env={**_environ(), "LAB_PORT": "18091"},
        )
        assert done.returncode == 0, done.stderr
        time.sleep(2)  # HAProxy looks its servers up once a second
        visitor = Visitor("http://127.0.0.1:18091")
        visitor.log_in()
        assert {visitor.whoami()["user"] for _ in range(6)} == {"user0007"}
        assert "password" not in docker("compose", "-p", project, "logs", "--no-color").lower().replace(
            "no password", ""
        )
    finally:
        docker("compose", "-p", project, "down", "--volumes", "--remove-orphans")


def _environ() -> dict[str, str]:
    import os

    return dict(os.environ)


def test_own_app(tmp_path) -> None:
    (tmp_path / "index.php").write_text('<?php header("X-Own: yes"); echo "hello from ", gethostname();')
    (tmp_path / "other.php").write_text("<?php echo 6 * 7;")
    with running(own("own"), "--stage", "balanced", "--app", str(tmp_path)) as url:
        answer = requests.get(url, timeout=10)
        assert answer.headers["X-Own"] == "yes"
        assert requests.get(f"{url}/other.php", timeout=10).text == "42"
        assert {requests.get(url, timeout=10).text for _ in range(9)} == {
            f"hello from web-{n}" for n in (1, 2, 3)
        }
