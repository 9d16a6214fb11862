"""`balancer-ask`, in the balancer's image with the real HAProxy: who answers through it, and what it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lab.tiers.base import image
from tests.docker_lab import docker, logs, own, put_file

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

# Three servers, the third of which does not listen and whose checks are rare; and one whose every check takes too long.
HAPROXY = """
global
    stats socket /run/haproxy/admin.sock mode 600 level admin
defaults
    mode http
    timeout client 5s
    timeout connect 1s
    timeout server 5s
frontend public
    bind :80
    default_backend web
backend web
    balance @balance
    option redispatch 1
    retries 3
    default-server check inter 60s fall 2 rise 1
    server web-1 127.0.0.1:8001
    server web-2 127.0.0.1:8002
    server web-3 127.0.0.1:8003
backend late
    option httpchk GET /late
    timeout check 1s
    server slow 127.0.0.1:8002 check inter 3s fall 2 rise 1
frontend first
    bind 127.0.0.1:8001
    http-request return status 200 content-type text/plain hdr X-Replica web-1 string "ok, without a newline"
frontend second
    bind 127.0.0.1:8002
    timeout tarpit 10s
    http-request tarpit if { path /late }
    http-request return status 200 content-type text/plain hdr X-Replica web-2 string "ok"
"""


@pytest.fixture(params=["roundrobin", "leastconn", "random"])
def balancer(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the name of a container in which HAProxy serves the configuration above."""
    name = own("balancer-ask")
    try:
        docker("create", "--name", name, "--network", "none", "--tmpfs", "/run/haproxy:uid=4005,gid=4005,mode=0750",
               image("balancer"), "haproxy", "-W", "-db", "-f", "/tmp/site.cfg")  # fmt: skip
        put_file(name, "/tmp/site.cfg", HAPROXY.replace("@balance", request.param))
        docker("start", name)
        deadline_s = time.monotonic() + 20
        while "web-1" not in docker("exec", name, "balancer-admin", "show stat", check=False):
            assert time.monotonic() < deadline_s, logs(name)
            time.sleep(0.1)
        yield name
    finally:
        docker("rm", "-f", "-v", name, check=False)


def _ask(name: str, times: int) -> tuple[list[str], dict[str, str]]:
    """Return the replicas that answered, one by one, and what HAProxy takes each for."""
    answers, cut, statistics = docker("exec", name, "balancer-ask", str(times)).partition("== statistics\n")
    assert cut
    who = [
        line.partition(":")[2].strip()
        for line in answers.splitlines()
        if line.lower().startswith("x-replica:")
    ]
    return who, _states(statistics)


def _states(statistics: str) -> dict[str, str]:
    """Return what HAProxy takes each server for."""
    rows = [line.split(",") for line in statistics.lstrip("# \n").splitlines()]
    state = rows[0].index("status")
    return {row[1]: row[state] for row in rows[1:] if row[0] in {"web", "late"} and row[1] != "BACKEND"}


def test_each_request_is_balanced_and_who_answers_is_up(balancer: str) -> None:
    who, states = _ask(balancer, 24)
    assert len(who) == 24, "all in one connection, and each is answered"
    assert set(who) == {"web-1", "web-2"}
    assert (states["web-1"], states["web-2"]) == ("UP", "UP")
    assert states["web-3"] != "UP"


def test_without_a_request_nobody_is_told_anything(balancer: str) -> None:
    docker("exec", balancer, "balancer-admin", "set server web/web-1 health down")
    who, states = _ask(balancer, 0)
    assert who == []
    assert states["web-1"].startswith("DOWN")


@pytest.mark.parametrize("balancer", ["leastconn"], indirect=True)
def test_who_was_told_to_be_up_survives_a_check_that_set_out_too_early(balancer: str) -> None:
    """What `balancer-ask` relies on, of HAProxy itself."""
    docker("exec", balancer, "balancer-admin", "set server late/slow health up")
    deadline_s = time.monotonic() + 30
    state = "UP"
    while state == "UP":
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
        state = _states(docker("exec", balancer, "balancer-admin", "show stat"))["slow"]
    assert state == "UP 1/2"
