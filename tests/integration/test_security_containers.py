"""The container rows of the CIS Docker Benchmark against `docker inspect`, and who can reach whom.

The numbers are those of section 5 of version 1.6.0. The table of all of them: docs/security.md.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.adapters.probe import _argv
from tests.docker_lab import docker, lab, own, running

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

LAB = own("box")
LONG_RUNNING = (
    "balancer", "web-1", "web-2", "web-3", "cache-1", "db-primary", "db-replica-1", "db-replica-2", "store",
)  # fmt: skip
ALL = (*LONG_RUNNING, "credentials", "probe")
NOWHERE = "192.0.2.1"  # RFC 5737: for documentation, nobody has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One lab with its probe: what `docker inspect` says of each container and network."""

    port: int
    containers: dict[str, dict[str, Any]]
    networks: dict[str, dict[str, Any]]

    def id(self, service: str) -> str:
        """Return a container's id."""
        return str(self.containers[service]["Id"])

    def address(self, service: str, network: str) -> str:
        """Return a container's address in one of the lab's networks."""
        return str(self.containers[service]["NetworkSettings"]["Networks"][f"{LAB}_{network}"]["IPAddress"])

    def gateway(self, network: str) -> str:
        """Return the address that this machine has in one of the lab's networks."""
        return str(ipaddress.ip_network(self.networks[network]["IPAM"]["Config"][0]["Subnet"])[1])

    def run(self, service: str, script: str) -> str:
        """Run a script in a container as its own user; return what it says, errors too."""
        return docker("exec", self.id(service), "bash", "-c", f"{{ {script}; }} 2>&1", check=False)

    def dial(self, service: str, host: str, port: int) -> str:
        """Try to connect from a container, for a second at most: `open`, or why not."""
        said = self.run(
            service, f"timeout 1 bash -c 'exec 3<>/dev/tcp/{host}/{port}' && echo open || echo $?"
        )
        if said in {"open", "124"}:
            return "open" if said == "open" else "timeout"
        for reason in ("unreachable", "refused", "not known", "resolution"):
            if reason in said:
                return reason
        return said


def _inspect(*what: str) -> list[dict[str, Any]]:
    found = json.loads(docker(*what))
    assert isinstance(found, list)
    return found


def _containers() -> dict[str, dict[str, Any]]:
    ids = docker("ps", "-aq", "--no-trunc", "--filter", f"label=lab.name={LAB}").split()
    found = {}
    for container in _inspect("inspect", *ids):
        labels = container["Config"]["Labels"]
        found[labels.get("com.docker.compose.service", labels.get("lab.role"))] = container
    return found


@pytest.fixture(scope="module")
def box(docker_and_images: None) -> Iterator[Box]:
    """Start the full lab and beside it the probe, with the arguments of a measurement; it waits for its job."""
    with running(LAB, "--stage", "full") as url:
        name = f"{LAB}-probe-waiting"
        argv = _argv(LAB, name)
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as probe:
            try:
                deadline = time.monotonic() + 20
                while docker("ps", "-q", "--filter", f"name={name}") == "" and time.monotonic() < deadline:
                    time.sleep(0.1)
                networks = {
                    n: _inspect("network", "inspect", f"{LAB}_{n}")[0] for n in ("edge", "web", "data")
                }
                yield Box(port=int(url.rpartition(":")[2]), containers=_containers(), networks=networks)
            finally:
                docker("rm", "--force", name, check=False)
                probe.kill()


def _host(box: Box, key: str) -> dict[str, Any]:
    return {service: container["HostConfig"].get(key) for service, container in box.containers.items()}


def test_nothing_is_missing_from_these_checks(box: Box) -> None:
    assert set(box.containers) == set(ALL)
    assert {s for s in ALL if box.containers[s]["State"]["Running"]} == set(ALL) - {"credentials"}


# ── CIS Docker Benchmark, section 5 (and 4.1) ────────────────────────────────────────────────────────────────────


def test_4_1_no_container_runs_as_root(box: Box) -> None:
    users = {service: container["Config"]["User"] for service, container in box.containers.items()}
    assert not [s for s, user in users.items() if not re.match(r"[1-9]\d*(:[1-9]\d*)?$", user)], users
    for service in set(ALL) - {"credentials"}:
        rows = docker("top", box.id(service), "-eo", "pid,uid,gid").splitlines()[1:]
        assert rows
        assert not [row for row in rows if "0" in row.split()[1:]], service


def test_5_2_and_5_22_apparmor_and_seccomp_are_not_switched_off(box: Box) -> None:
    assert not [s for s, options in _host(box, "SecurityOpt").items() if "unconfined" in str(options)]
    assert not [s for s, c in box.containers.items() if c["AppArmorProfile"] == "unconfined"]
    for service in set(ALL) - {"credentials"}:
        assert box.run(service, "grep ^Seccomp: /proc/1/status").split()[-1] == "2", "2: a filter is active"


def test_5_4_no_container_has_a_capability(box: Box) -> None:
    assert set(map(str, _host(box, "CapDrop").values())) == {"['ALL']"}
    assert not any(_host(box, "CapAdd").values())
    for service in set(ALL) - {"credentials"}:
        masks = box.run(service, "grep ^Cap /proc/1/status | cut -f2").split()
        assert len(masks) == 5
        assert {int(mask, 16) for mask in masks} == {0}, f"{service}: not even the bounding set"


def test_5_5_no_container_is_privileged(box: Box) -> None:
    assert not any(_host(box, "Privileged").values())


def test_5_6_5_20_5_32_nothing_of_the_machine_is_mounted(box: Box) -> None:
    """Only this lab's volumes: no folder, no socket, nothing that spreads; passwords are read-only to their readers."""
    for service, container in box.containers.items():
        for mount in container["Mounts"]:
            assert mount["Type"] == "volume", f"{service}: {mount}"
            assert mount["Name"].startswith(f"{LAB}_"), f"{service}: {mount}"
            assert mount.get("Propagation", "") in {"", "private", "rprivate"}
            if mount["Destination"] == "/run/credentials":
                assert mount["RW"] == (service == "credentials")
        assert not [bind for bind in container["HostConfig"]["Binds"] or [] if bind.startswith("/")]
        assert "docker.sock" not in json.dumps(container)


def test_5_7_no_container_runs_a_shell_server(box: Box) -> None:
    for service in set(ALL) - {"credentials"}:
        assert not re.search(r"sshd|dropbear|telnetd", docker("top", box.id(service)))


def test_5_8_5_9_5_14_one_port_on_this_machine_alone(box: Box) -> None:
    wanted = {s: ports for s, ports in _host(box, "PortBindings").items() if ports}
    assert wanted == {"balancer": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(box.port)}]}}
    assert box.port >= 1024
    assert not any(_host(box, "PublishAllPorts").values())
    for service in set(ALL) - {"balancer"}:
        assert not any(box.containers[service]["NetworkSettings"]["Ports"].values()), service


def test_5_8_without_a_balancer_it_is_the_web_replica(box: Box) -> None:
    text = lab("compose", "--stage", "single").stdout
    ports = re.findall(r"^ +ports: (.*)$", text, re.MULTILINE)
    assert len(ports) == 1
    assert ports[0].startswith('["127.0.0.1:')
    assert not re.search(r"privileged|network_mode: host|cap_add|docker\.sock|devices:|pid:|ipc:", text)


def test_5_10_5_16_5_17_5_21_5_31_no_namespace_is_shared_with_the_machine(box: Box) -> None:
    assert {s for s, mode in _host(box, "NetworkMode").items() if not mode.startswith(f"{LAB}_")} == {
        "credentials"
    }
    assert box.containers["credentials"]["HostConfig"]["NetworkMode"] == "none"
    assert set(_host(box, "PidMode").values()) == {""}
    assert set(_host(box, "IpcMode").values()) <= {"private", "none"}
    assert set(_host(box, "UTSMode").values()) == {""}
    assert set(_host(box, "UsernsMode").values()) == {""}


def test_5_11_5_12_5_29_memory_cpu_and_processes_are_bounded(box: Box) -> None:
    assert not [s for s, limit in _host(box, "Memory").items() if not 0 < limit <= 2**30]
    processes = _host(box, "PidsLimit")
    # A database may have 400 connections, and each is a thread (test_tier_images.py compares them).
    most = {s: 512 if s.startswith("db-") else 256 for s in processes}
    assert not [s for s, limit in processes.items() if not limit or not 0 < limit <= most[s]]
    quotas, shares = _host(box, "CpuQuota"), _host(box, "CpuShares")
    # The one that only writes passwords and is gone has no CPU setting.
    assert {s for s in ALL if not quotas[s] and not shares[s]} == {"credentials"}


def test_5_13_root_file_systems_are_read_only(box: Box) -> None:
    """The balancer's is not, so that compose can put haproxy.cfg in; its process cannot write there all the same."""
    assert {s for s, is_read_only in _host(box, "ReadonlyRootfs").items() if not is_read_only} == {"balancer"}
    for service in set(ALL) - {"credentials"}:
        folders = "/ /etc /usr/local/bin /usr/local/etc/haproxy /srv/app/public /opt/probe/app"
        said = box.run(
            service, f"for f in {folders}; do test -d $f && touch $f/planted && echo written; done"
        )
        assert "touch: cannot touch" in said
        assert "written" not in said, service
    assert "written" not in box.run(
        "balancer", "echo x >> /usr/local/etc/haproxy/haproxy.cfg && echo written"
    )


def test_5_15_nothing_restarts_for_ever(box: Box) -> None:
    """No restart at all: a container that died is something to see, and nothing comes back after a reboot."""
    assert {policy["Name"] for policy in _host(box, "RestartPolicy").values()} <= {"no", ""}


def test_5_18_5_19_5_25_no_devices_and_the_engines_own_limits(box: Box) -> None:
    for key in ("Devices", "DeviceRequests", "DeviceCgroupRules", "Ulimits", "CgroupParent", "Sysctls"):
        assert not any(_host(box, key).values()), key


def test_5_26_no_process_may_gain_privileges(box: Box) -> None:
    assert not [
        s
        for s, options in _host(box, "SecurityOpt").items()
        if "no-new-privileges:true" not in (options or [])
    ]
    for service in set(ALL) - {"credentials"}:
        assert box.run(service, "grep ^NoNewPrivs: /proc/1/status").split()[-1] == "1"


def test_5_27_health_is_checked(box: Box) -> None:
    checked = {s for s in ALL if box.containers[s]["Config"].get("Healthcheck")}
    assert checked == set(LONG_RUNNING), "the other two end by themselves"
    for service in LONG_RUNNING:
        assert docker("inspect", "--format", "{{.State.Health.Status}}", box.id(service)) == "healthy"


def test_5_30_the_default_bridge_is_not_used(box: Box) -> None:
    used = {
        service: set(container["NetworkSettings"]["Networks"])
        for service, container in box.containers.items()
    }
    mine = {f"{LAB}_{n}" for n in ("edge", "web", "data")}
    assert not [
        s
        for s, networks in used.items()
        if not networks <= (mine | ({"none"} if s == "credentials" else set()))
    ]


def test_logs_are_bounded(box: Box) -> None:
    for service in (*LONG_RUNNING, "credentials", "probe"):
        log = box.containers[service]["HostConfig"]["LogConfig"]
        assert log == {"Type": "json-file", "Config": {"max-file": "2", "max-size": "2m"}}


# ── passwords ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("service", "own_folder"), [("web-1", "web"), ("db-primary", "db"), ("db-replica-1", "db"), ("store", "store"), ("probe", "probe")]
)  # fmt: skip
def test_each_container_reads_its_own_passwords_only(box: Box, service: str, own_folder: str) -> None:
    for folder in ("web", "db", "store", "probe"):
        said = box.run(service, f"cat /run/credentials/{folder}/*_* | wc -c; ls /run/credentials/{folder}")
        if folder == own_folder:
            assert int(said.split()[0]) >= 20
            find = f"find /run/credentials/{folder}"
            assert set(box.run(service, f"{find} -type d -exec stat -c %a {{}} +").split()) == {"2750"}
            assert set(box.run(service, f"{find} -type f -exec stat -c %a {{}} +").split()) == {"440"}
            assert "written" not in box.run(
                service, f"echo x > /run/credentials/{folder}/planted && echo written"
            )
        else:
            assert "Permission denied" in said, f"{service} {folder}"
            assert "\n0" in f"\n{said}", f"{service} {folder}"


@pytest.mark.parametrize("service", ["balancer", "cache-1"])
def test_who_needs_no_password_has_none(box: Box, service: str) -> None:
    assert "No such file" in box.run(service, "ls /run/credentials")


# ── networks ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_balancer_is_in_the_network_with_a_way_in(box: Box) -> None:
    assert {name: network["Internal"] for name, network in box.networks.items()} == {
        "edge": False,
        "web": True,
        "data": True,
    }
    names = {
        name: {s for s in ALL if f"{LAB}_{name}" in box.containers[s]["NetworkSettings"]["Networks"]}
        for name in box.networks
    }
    replicas = {"web-1", "web-2", "web-3"}
    assert names == {
        "edge": {"balancer"},
        "web": {"balancer", "store", "probe", *replicas},
        "data": {"cache-1", "db-primary", "db-replica-1", "db-replica-2", "store", "probe", *replicas},
    }


def test_the_port_answers_on_the_loopback_address_only(box: Box) -> None:
    with socket.create_connection(("127.0.0.1", box.port), timeout=2):
        pass
    for network in box.networks:
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((box.gateway(network), box.port), timeout=2)


@pytest.mark.parametrize("service", ["web-1", "cache-1", "db-primary", "db-replica-1", "store", "probe"])
def test_internal_networks_have_no_way_out(box: Box, service: str) -> None:
    assert box.dial(service, NOWHERE, 80) == "unreachable"
    assert box.dial(service, box.gateway("edge"), box.port) == "unreachable"
    assert box.dial(service, box.address("balancer", "edge"), 80) == "unreachable"


@pytest.mark.parametrize(
    ("source", "target", "network", "port"),
    [
        ("balancer", "web-1", "web", 80),
        ("balancer", "store", "web", 9000),
        ("web-1", "cache-1", "data", 11211),
        ("web-1", "db-primary", "data", 3306),
        ("web-1", "db-replica-1", "data", 3306),
        ("web-1", "store", "data", 9000),
        ("db-replica-1", "db-primary", "data", 3306),
        ("probe", "balancer", "web", 80),
    ],
)
def test_who_needs_it_can_connect(box: Box, source: str, target: str, network: str, port: int) -> None:
    """The counterpart of the next test: this way of asking does find an open door."""
    assert box.dial(source, box.address(target, network), port) == "open"


@pytest.mark.parametrize(
    ("source", "target", "network", "port"),
    [
        ("balancer", "cache-1", "data", 11211),
        ("balancer", "db-primary", "data", 3306),
        ("balancer", "db-replica-1", "data", 3306),
        ("balancer", "store", "data", 9000),
        ("balancer", "web-1", "data", 80),
        ("cache-1", "balancer", "web", 80),
        ("cache-1", "balancer", "web", 8404),
        ("cache-1", "web-1", "web", 80),
        ("db-primary", "balancer", "web", 80),
        ("db-primary", "balancer", "web", 8404),
        ("db-replica-1", "balancer", "web", 80),
        ("db-replica-1", "web-1", "web", 80),
    ],
)
def test_who_does_not_need_it_cannot_connect(
    box: Box, source: str, target: str, network: str, port: int
) -> None:
    assert box.dial(source, box.address(target, network), port) in {"unreachable", "timeout"}


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_table_names_every_probe() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs/security.md").read_text(encoding="utf-8")
    tests = [root / f"tests/integration/test_security_{part}.py" for part in ("app", "containers")]
    written = set(
        re.findall(r"^def test_(\w+)", "\n".join(t.read_text(encoding="utf-8") for t in tests), re.MULTILINE)
    )
    helpers = {
        "the_table_names_every_probe",
        "nothing_is_missing_from_these_checks",
        "who_needs_it_can_connect",
    }
    assert set(re.findall(r"^\|.*\| `(\w+)` \|", page, re.MULTILINE)) == written - helpers
