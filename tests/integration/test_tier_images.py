"""The tiers' images as a lab runs them: who may do what, what is baked in, what comes back after a restart."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from lab.tiers.base import image
from tests.docker_lab import docker, logs, own, running

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

SQL = (
    "mysql",
    "--no-defaults",
    "--socket=/run/mysqld/mysqld.sock",
    "--user=root",
    "--batch",
    "--skip-column-names",
)
OWN = ("--label", f"lab.name={own('passwords')}")  # found and removed when this test process is killed
SERVICES = ("balancer", "web-1", "cache-1", "db-primary", "db-replica-1", "store")


class Lab:
    """One small lab with every tier."""

    def __init__(self, name: str) -> None:
        self.name = name

    def container(self, service: str) -> str:
        """Return a container's id by compose service."""
        filters = (f"label=lab.name={self.name}", f"label=com.docker.compose.service={service}")
        found = docker("ps", "-aq", "--no-trunc", "--filter", filters[0], "--filter", filters[1])
        assert found, service
        return found

    def sql(self, service: str, statement: str, *, check: bool = True) -> str:
        """Run SQL as the local administrator."""
        return docker("exec", self.container(service), *SQL, "--execute", statement, check=check)

    def as_account(self, user: str, password_file: str, statement: str) -> str:
        """Run SQL over the network, with the password from its file; return the answer or the error."""
        script = (
            f'MYSQL_PWD=$(cat /run/credentials/db/{password_file}) exec mysql --no-defaults --host=db-primary --user={user} '
            f'--batch --skip-column-names --execute "{statement}" 2>&1'
        )  # fmt: skip
        return docker("exec", self.container("db-primary"), "sh", "-c", script, check=False)

    def secrets(self) -> list[str]:
        """Return every password of the lab."""
        db = json.loads(docker("inspect", self.container("db-primary")))[0]["Image"]
        groups = [word for group in ("4001", "4002", "4003", "4004") for word in ("--group-add", group)]
        volume = f"{self.name}_credentials:/run/credentials:ro"
        script = "for f in /run/credentials/*/*; do cat $f; echo; done"
        text = docker("run", "--rm", "--network", "none", "--user", "4000:4000", *groups, "-v", volume,
                      "--entrypoint", "sh", db, "-c", script)  # fmt: skip
        return sorted(set(text.split()))


@pytest.fixture(scope="module")
def small_lab(docker_and_images: None) -> Iterator[Lab]:
    """Start one lab with one of each tier."""
    name = own("tiers")
    with running(name, "--stage", "full", "--replicas", "1", "--db-replicas", "1", "--port", "18471"):
        yield Lab(name)


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_is_root_or_privileged(small_lab: Lab, service: str) -> None:
    found = json.loads(docker("inspect", small_lab.container(service)))[0]
    assert found["Config"]["User"].split(":")[0] not in {"", "0", "root"}
    assert found["HostConfig"]["CapDrop"] == ["ALL"]
    assert not found["HostConfig"]["Privileged"]
    assert "no-new-privileges:true" in found["HostConfig"]["SecurityOpt"]
    assert found["State"]["Running"]
    assert found["State"].get("Health", {}).get("Status", "healthy") == "healthy"
    status = docker("exec", small_lab.container(service), "cat", "/proc/1/status")
    capabilities = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff")]
    assert int(capabilities[0], 16) == 0


def test_no_password_shows_in_settings_arguments_or_logs(small_lab: Lab) -> None:
    secrets = small_lab.secrets()
    assert len(secrets) >= 6
    assert min(len(secret) for secret in secrets) >= 20
    for service in (*SERVICES, "credentials"):
        container = small_lab.container(service)
        shown = docker("inspect", container) + logs(container)
        if service != "credentials":
            # As a root that may see everything: MinIO's program cannot be read, so nobody else in there sees its environment.
            as_root = ["exec", "--privileged", "--user", "0", container]
            seen = docker(*as_root, "cat", "/proc/1/environ", "/proc/1/cmdline")
            assert "PATH=" in seen, service
            shown += seen + docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/cmdline", check=False)
        assert not [secret for secret in secrets if secret in shown], service


def test_the_seed_is_the_same_on_every_machine(small_lab: Lab) -> None:
    counts = small_lab.sql(
        "db-primary",
        "SELECT (SELECT COUNT(*) FROM photos.users), (SELECT COUNT(*) FROM photos.photos),"
        " (SELECT COUNT(*) FROM photos.comments WHERE id <= 200000), (SELECT COUNT(*) FROM photos.follows)",
    )
    assert counts.split() == ["2000", "20000", "200000", "39355"]
    sums = small_lab.sql(
        "db-primary",
        "SELECT SUM(CRC32(CONCAT(title, description, user_id))) FROM photos.photos;"
        " SELECT SUM(CRC32(CONCAT(photo_id, user_id, body))) FROM photos.comments WHERE id <= 200000",
    )
    assert sums.split() == ["43045869438567", "430401054543558"]


def test_low_ids_are_the_popular_ones_and_counters_agree(small_lab: Lab) -> None:
    rows = small_lab.sql(
        "db-primary",
        "SELECT comments_count = (SELECT COUNT(*) FROM photos.comments WHERE photo_id = p.id), comments_count"
        " FROM photos.photos AS p WHERE id IN (1, 10, 100, 1000, 10000) ORDER BY id",
    )
    agrees, counts = zip(*(line.split() for line in rows.splitlines()), strict=True)
    assert set(agrees) == {"1"}
    assert list(counts) == sorted(counts, key=int, reverse=True)


def test_a_sort_that_is_bigger_than_the_memory_limit_goes_to_disk(small_lab: Lab) -> None:
    found = small_lab.sql("db-primary", "SELECT COUNT(DISTINCT body) FROM photos.comments WHERE id <= 200000")
    assert int(found) > 15_000
    assert small_lab.sql("db-primary", "SELECT @@tmpdir") == "/var/lib/mysql/#tmp"
    assert json.loads(docker("inspect", small_lab.container("db-primary")))[0]["RestartCount"] == 0


def test_accounts_can_do_their_job_and_nothing_else(small_lab: Lab) -> None:
    assert small_lab.as_account("app", "app_password", "SELECT COUNT(*) FROM photos.users") == "2000"
    assert "denied" in small_lab.as_account("app", "app_password", "DROP TABLE photos.users")
    assert "denied" in small_lab.as_account("app", "app_password", "SELECT * FROM mysql.user")
    assert "Threads_running" in small_lab.as_account("monitor", "monitor_password", "SHOW GLOBAL STATUS")
    assert "denied" in small_lab.as_account("monitor", "monitor_password", "SELECT * FROM photos.users")
    assert "denied" in small_lab.as_account("repl", "repl_password", "SELECT * FROM photos.users")
    assert "Access denied" in small_lab.as_account("root", "app_password", "SELECT 1")


def test_a_server_without_a_free_connection_is_seen_by_the_collector(small_lab: Lab) -> None:
    script = (
        "from probe.collect_db import primary_collector; print(primary_collector('db-primary').read().values)"
    )
    mount = f"{small_lab.name}_credentials:/run/credentials:ro"

    def read() -> str:
        return docker("run", "--rm", *OWN, "--network", f"{small_lab.name}_data", "-v", mount,
                      "--entrypoint", "python", image("probe"), "-c", script)  # fmt: skip

    assert "'refuses_collector': 0.0" in read()
    as_many_as_now = (  # but this one: an administrator may have one more
        "SET GLOBAL max_connections = (SELECT CAST(VARIABLE_VALUE AS SIGNED) - 1 FROM performance_schema.global_status"
        " WHERE VARIABLE_NAME = 'Threads_connected')"
    )
    try:
        small_lab.sql("db-primary", as_many_as_now)
        _until(lambda: read().strip() == "{'refuses_collector': 1.0}")
    finally:
        small_lab.sql("db-primary", "SET GLOBAL max_connections = 400")


def test_every_connection_that_a_server_may_have_can_have_its_thread(small_lab: Lab) -> None:
    inspected = json.loads(docker("inspect", small_lab.container("db-primary")))[0]
    connections = int(small_lab.sql("db-primary", "SELECT @@max_connections"))
    own_threads = int(small_lab.sql("db-primary", "SELECT COUNT(*) FROM performance_schema.threads"))
    checks = 10  # processes of a health check and of a person who looks
    assert inspected["HostConfig"]["PidsLimit"] >= connections + own_threads + checks


def test_a_replica_refuses_even_an_administrator_and_stores_no_password(small_lab: Lab) -> None:
    small_lab.sql(
        "db-replica-1", "INSERT INTO photos.login_attempts (name, address) VALUES ('x', 'y')", check=False
    )
    assert small_lab.sql("db-replica-1", "SELECT COUNT(*) FROM photos.login_attempts WHERE name = 'x'") == "0"
    assert small_lab.sql("db-replica-1", "SELECT User_password FROM mysql.slave_master_info") == ""


def test_servers_share_data_but_no_identity(small_lab: Lab) -> None:
    pair = ("db-primary", "db-replica-1")
    assert len({small_lab.sql(service, "SELECT @@server_uuid") for service in pair}) == 2
    key = "/run/credentials/db/keys/private.pem"  # the lab's own, made at its first start
    assert {small_lab.sql(service, "SELECT @@ssl_key") for service in pair} == {key}
    in_image = "find / -xdev -path '*mysql*' -name '*.pem' 2>/dev/null; tar -tf /usr/share/lab/golden.tar"
    found = docker("run", "--rm", "--network", "none", "--entrypoint", "sh", image("db"), "-c", in_image)
    assert "ibdata1" in found
    assert ".pem" not in found
    assert "auto.cnf" not in found


@pytest.mark.parametrize(
    ("name", "setting", "missing"),
    [
        ("db", "DB_ROLE=primary", "db/app_password"),
        ("store", "MINIO_ROOT_PASSWORD_FILE=/run/credentials/store/root_password", "store/root_password"),
    ],
)
def test_a_server_whose_passwords_never_come_says_so(
    docker_and_images: None, name: str, setting: str, missing: str
) -> None:
    argv = ["docker", "run", "--rm", *OWN, "--network", "none", "-e", setting, "-e", "CREDENTIALS_WAIT_S=1"]
    done = subprocess.run([*argv, image(name)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 64
    assert f"cannot read /run/credentials/{missing}" in done.stderr


def test_a_server_that_is_there_before_its_passwords_waits_for_them(docker_and_images: None) -> None:
    server = docker("run", "--detach", *OWN, "--network", "none", "-v", "/run/credentials",
                    "--tmpfs", "/run/mysqld:uid=4006,gid=4006", image("db"))  # fmt: skip
    try:
        _until(lambda: "ibdata1\n" in docker("exec", server, "ls", "/var/lib/mysql"))
        assert "mysqld" not in docker("top", server)
        make = "mkdir db && for name in app repl monitor; do printf secret > db/${name}_password; done"
        docker("exec", "--user", "0", "-w", "/run/credentials", server, "sh", "-euc", make)
        _until(lambda: "mysqld" in docker("top", server))
        docker("exec", server, "db-health")
    finally:
        docker("rm", "--force", "--volumes", server)


def _until(holds: Callable[[], bool], limit_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


@pytest.mark.parametrize("service", ["db-replica-1", "db-primary"])
def test_replication_goes_on_after_a_restart(small_lab: Lab, service: str) -> None:
    docker("restart", "--time", "20", small_lab.container(service))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        health = docker("inspect", "--format", "{{.State.Health.Status}}", small_lab.container(service))
        if health == "healthy":
            break
        time.sleep(0.2)
    name = f"after-{service}"
    small_lab.sql("db-primary", f"INSERT INTO photos.login_attempts (name, address) VALUES ('{name}', '-')")
    found = ""
    while time.monotonic() < deadline and found != "1":
        found = small_lab.sql(
            "db-replica-1", f"SELECT COUNT(*) FROM photos.login_attempts WHERE name = '{name}'"
        )
    assert found == "1"


def test_the_balancer_answers_on_its_runtime_socket(small_lab: Lab) -> None:
    answer = docker("exec", small_lab.container("balancer"), "balancer-admin", "show servers state web")
    assert "web-1" in answer
