"""What each stage is for, seen by a visitor through the balancer."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.docker_lab import Visitor, docker, lab, lab_json, own, running

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

# A real 8 x 8 JPEG, made with GD: imagejpeg(imagecreatetruecolor(8, 8)) with one colour.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a1c1c20242e2720"
    "222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080008000801011100ffc4001f0000010501010101010100000000000000000102030405"
    "060708090a0bffc400b5100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282"
    "090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495"
    "969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda00"
    "08010100003f00fbffd9"
)


def _replicas_of(visitor: Visitor, n: int = 12) -> list[dict[str, object]]:
    return [visitor.whoami() for _ in range(n)]


def _upload(visitor: Visitor) -> str:
    """Upload a picture; return the photo page's path."""
    picture = {"picture": ("dot.jpg", io.BytesIO(JPEG), "image/jpeg")}
    answer = visitor.post("/upload", "/upload", {"title": "A dot"}, files=picture)
    path = re.search(r"/photo/\d+", answer.url)
    assert path, f"{answer.status_code} {answer.url} {answer.text[:300]}"
    return path[0]


def _picture_answers(visitor: Visitor, photo: str, n: int = 12) -> list[int]:
    """Fetch the photo's picture several times; return the status codes."""
    page = visitor.get(photo).text
    source = re.search(r'<img[^>]+src="(/media/u/[^"]+)"', page)
    assert source, page[:500]
    address = source[1].replace("&amp;", "&")
    return [visitor.get(address).status_code for _ in range(n)]


@pytest.fixture(scope="class")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Start the lab of a test class: its LAB and OPTIONS."""
    with running(request.cls.LAB, *request.cls.OPTIONS) as address:
        yield address


def _use_a_session(url: str, name: str) -> None:
    visitor = Visitor(url)
    visitor.log_in(name)
    for _ in range(30):
        visitor.whoami()


class TestBalanced:
    """File sessions and local uploads visibly break as soon as there is a second replica."""

    LAB = own("balanced")
    OPTIONS = ("--stage", "balanced")

    def test_no_replica_is_taken_back_by_its_first_check(self, url: str) -> None:
        assert url
        status = docker("exec", f"{self.LAB}-balancer-1", "balancer-admin", "show stat").splitlines()
        rows = [row for row in csv.DictReader(status) if re.fullmatch("web-[123]", row["svname"])]
        assert [row["svname"] for row in rows] == ["web-1", "web-2", "web-3"]
        assert [row for row in rows if row["status"] != "UP" and "INI" in row["check_status"]] == []

    def test_every_replica_serves(self, url: str) -> None:
        assert {row["replica"] for row in _replicas_of(Visitor(url))} == {"web-1", "web-2", "web-3"}

    def test_a_login_is_lost_on_the_next_replica(self, url: str) -> None:
        # The form's session is a file too: its answer must meet the same replica to be accepted at all.
        visitor = Visitor(url)
        accepted = False
        for between in (2, 2, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3):
            visitor.session.cookies.clear()
            try:
                visitor.log_in(between=between)
            except AssertionError:
                continue
            accepted = True
            break
        assert accepted
        assert None in {row["user"] for row in _replicas_of(visitor)}


class TestPinned:
    """The same file sessions and local disks, with clients pinned by their address: who is moved loses everything."""

    LAB = own("pinned")
    OPTIONS = ("--stage", "balanced", "--balance", "source")

    def test_an_upload_is_missing_on_the_next_replica(self, url: str) -> None:
        here = Visitor(url)
        there = next(
            v
            for n in range(50)
            if (v := Visitor(url, client=f"203.0.113.{n}")).whoami()["replica"] != here.whoami()["replica"]
        )
        here.log_in()
        photo = _upload(here)
        assert set(_picture_answers(here, photo, 3)) == {200}
        assert set(_picture_answers(there, photo, 3)) == {404}

    def test_a_client_that_moves_is_a_stranger(self, url: str) -> None:
        visitor = Visitor(url)
        visitor.log_in()
        first = visitor.whoami()
        assert first["user"] == "user0007"
        for n in range(50):
            visitor.session.headers["X-Forwarded-For"] = f"203.0.113.{n}"
            moved = visitor.whoami()
            if moved["replica"] != first["replica"]:
                break
        assert moved["replica"] != first["replica"]
        assert moved["user"] is None


class TestSticky:
    """Sticky sessions hide the loss, until their replica goes."""

    def test_a_login_stays_with_its_replica(self) -> None:
        with running(own("sticky"), "--stage", "balanced", "--sessions", "sticky") as url:
            visitor = Visitor(url)
            visitor.log_in()
            seen = _replicas_of(visitor)
            assert {row["user"] for row in seen} == {"user0007"}
            assert len({row["replica"] for row in seen}) == 1


class TestFull:
    """Everything shared: any replica can serve anyone."""

    LAB = own("full")
    OPTIONS = ()

    def test_a_login_survives_every_replica(self, url: str) -> None:
        visitor = Visitor(url)
        visitor.log_in()
        seen = _replicas_of(visitor)
        assert {row["user"] for row in seen} == {"user0007"}
        assert {row["replica"] for row in seen} == {"web-1", "web-2", "web-3"}
        assert {row["session"] for row in seen} == {"memcached"}

    def test_an_upload_is_there_whoever_serves(self, url: str) -> None:
        visitor = Visitor(url)
        visitor.log_in("user0008")
        assert set(_picture_answers(visitor, _upload(visitor))) == {200}

    def test_presigned_addresses_work_and_unsigned_ones_do_not(self, url: str) -> None:
        source = re.search(r'<img[^>]+src="(/media/seed/[^"]+)"', Visitor(url).get("/photo/1").text)
        assert source
        address = source[1].replace("&amp;", "&")
        picture = requests.get(url + address, timeout=10)
        assert (picture.status_code, picture.content[:3]) == (200, b"\xff\xd8\xff")
        assert requests.get(url + address.partition("?")[0], timeout=10).status_code == 403

    def test_presigned_addresses_work_inside_the_networks(self, url: str) -> None:
        page = docker("exec", f"{self.LAB}-balancer-1", "sh", "-c", _fetch("/photo/1"))
        source = re.search(r'<img[^>]+src="(/media/seed/[^"]+)"', page)
        assert source
        answer = docker(
            "exec",
            f"{self.LAB}-balancer-1",
            "sh",
            "-c",
            _fetch(source[1].replace("&amp;", "&")) + " | head -c 15",
        )
        assert answer.endswith("200 OK")

    def test_the_second_read_comes_from_the_cache(self, url: str) -> None:
        visitor = Visitor(url)
        seen = [visitor.get("/user/user0003").headers for _ in range(2)]
        assert [row["X-Cache"] for row in seen][1] == "hit"
        assert seen[1]["X-DB"] == "none"

    def test_a_writer_reads_its_own_write(self, url: str) -> None:
        visitor = Visitor(url)
        visitor.log_in("user0009")
        for n in range(5):
            body = f"read your writes {n}"
            visitor.post("/photo/11/comment", "/photo/11", {"body": body})
            assert body in visitor.get("/photo/11").text

    def test_a_new_cache_node_serves_at_once(self, url: str) -> None:
        """No Apache process holds on to the node that is gone: nobody is logged out, no page is old."""
        with ThreadPoolExecutor(8) as pool:  # every process has had a session before the node is replaced
            list(pool.map(lambda n: _use_a_session(url, f"user00{20 + n}"), range(8)))
        docker("rm", "--force", f"{self.LAB}-cache-1-1")
        assert lab_json("up", "--lab", self.LAB)["changed"]["added"] == ["cache-1"]
        for n in range(12):
            writer, body = Visitor(url), f"after the new node {n}"
            writer.log_in("user0011")
            assert body in writer.post("/photo/12/comment", "/photo/12", {"body": body}).text
            assert body in Visitor(url).get("/photo/12").text

    def test_reads_are_shared_out_by_weight(self, url: str) -> None:
        served = Counter(Visitor(url).get(f"/photo/{n}").headers["X-DB"] for n in range(500, 620))
        assert set(served) == {"primary", "db-replica-1", "db-replica-2"}
        assert 40 <= served["primary"] <= 80  # half of 120, give or take 3.6 standard deviations

    def test_up_again_changes_nothing(self, url: str) -> None:
        before = docker("ps", "-q", "--filter", f"label=lab.name={self.LAB}")
        assert lab_json("up", "--lab", self.LAB)["changed"] == {"added": [], "replaced": [], "removed": []}
        assert docker("ps", "-q", "--filter", f"label=lab.name={self.LAB}") == before

    def test_status_draws_every_tier(self, url: str) -> None:
        text = lab("status", "--lab", self.LAB).stdout
        for word in ("balancer", "web-3", "cache-1", "db-primary", "db-replica-2", "store", url):
            assert word in text

    def test_logs_and_shell(self, url: str) -> None:
        Visitor(url).get("/photo/77")
        assert "GET /photo/77" in lab("logs", "web", "--lab", self.LAB).stdout
        assert "web-1" not in lab("logs", "db-primary", "--tail", "5", "--lab", self.LAB).stdout
        done = lab(
            "shell", "web-2", "--lab", self.LAB, "--", "sh", "-c", "hostname; id -u; exit 9", check=False
        )
        assert (done.stdout.split(), done.returncode) == (["web-2", "33"], 9)
        wrong = lab("logs", "wbe", "--lab", self.LAB, check=False)
        assert wrong.returncode == 2
        assert 'did you mean "web"?' in wrong.stderr

    def test_the_app_has_a_store_key_of_its_own(self, url: str) -> None:
        read = "cat /run/credentials/{0} || echo denied"
        root = docker("exec", f"{self.LAB}-store-1", "sh", "-c", read.format("store/root_user"))
        app = docker("exec", f"{self.LAB}-web-1-1", "sh", "-c", read.format("web/s3_access_key"))
        assert len(root) == len(app) == 20
        assert root != app
        assert docker("exec", f"{self.LAB}-web-1-1", "sh", "-c", read.format("store/root_user")).endswith(
            "denied"
        )

    def test_a_db_replica_added_later_is_in_sync(self, url: str) -> None:
        changed = lab_json("scale", "db-replica=3", "--lab", self.LAB)["changed"]
        assert changed == {"added": ["db-replica-3"], "replaced": [], "removed": []}
        ask = 'mysql --no-defaults -S /run/mysqld/mysqld.sock -u health -BNe "SELECT @@GLOBAL.gtid_executed"'
        primary = docker("exec", f"{self.LAB}-db-primary-1", "sh", "-c", ask)
        assert primary
        assert docker("exec", f"{self.LAB}-db-replica-3-1", "sh", "-c", ask) == primary
        changed = lab_json("scale", "db-replica=2", "--lab", self.LAB)["changed"]
        assert changed["removed"] == ["db-replica-3"]

    def test_nothing_listens_beyond_loopback(self, url: str) -> None:
        ports = docker("ps", "--filter", f"label=lab.name={self.LAB}", "--format", "{{.Ports}}")
        assert "0.0.0.0" not in ports
        assert "127.0.0.1:" in ports

    def test_no_password_is_in_environment_or_command_line(self, url: str) -> None:
        secrets = docker("exec", f"{self.LAB}-web-1-1", "sh", "-c", "cat /run/credentials/web/*")
        assert len(secrets) > 100
        for service in ("web-1", "db-primary", "store", "credentials"):
            described = docker("inspect", f"{self.LAB}-{service}-1")
            for name in ("db_app_password", "s3_secret_key", "s3_access_key", "app_secret"):
                secret = docker("exec", f"{self.LAB}-web-1-1", "cat", f"/run/credentials/web/{name}")
                assert secret not in described

    def test_no_process_is_root(self, url: str) -> None:
        for service in ("balancer", "web-1", "cache-1", "db-primary", "db-replica-1", "store"):
            rows = docker("top", f"{self.LAB}-{service}-1", "-eo", "pid,uid").splitlines()[1:]
            users = {row.split()[1] for row in rows}
            assert users
            assert "0" not in users, f"{service}: {users}"


def _fetch(path: str) -> str:
    request = f"GET {path} HTTP/1.0\\r\\nHost: balancer\\r\\n\\r\\n".replace("%", "%%")
    return f"printf '{request}' | socat -t 10 - TCP:127.0.0.1:80,shut-none"
