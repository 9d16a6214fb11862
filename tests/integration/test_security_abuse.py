"""More probes against one running lab: many at once, slow ones, odd spellings, and where passwords could leak.

The table of all of them: docs/security.md.
"""

from __future__ import annotations

import html
import io
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

import pytest
import requests

from lab.model.images import IMAGES
from tests.docker_lab import Visitor, docker, logs, own, running
from tests.integration.test_security_app import LIVE, MARKUP, PASSWORD
from tests.integration.test_stages import JPEG

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

LAB = own("abuse")


@pytest.fixture(scope="module")
def url(docker_and_images: None) -> Iterator[str]:
    """Start two replicas with cache and store; a whole core each, because the probes wait for passwords to be hashed."""
    with running(LAB, "--stage", "cached", "--replicas", "2", "--web-cpu", "1", "--db-cpu", "1") as address:
        yield address


@pytest.fixture(scope="module")
def member(url: str) -> Visitor:
    """Return a visitor who is logged in for the whole module."""
    visitor = Visitor(url)
    visitor.log_in("user0200")
    return visitor


def _attempt(url: str, name: str, password: str) -> int:
    return (
        Visitor(url)
        .post("/login", "/login", {"name": name, "password": password}, allow_redirects=False)
        .status_code
    )


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_guesses_that_come_all_at_once_are_counted_too(url: str) -> None:
    with ThreadPoolExecutor(24) as pool:
        found = Counter(pool.map(lambda n: _attempt(url, "user0201", f"guess {n}"), range(60)))
    assert found == {422: 10, 429: 50}
    assert _attempt(url, "user0201", PASSWORD) == 429


def test_right_logins_at_once_are_no_guesses(url: str) -> None:
    """Each gives its place back, so that thirty of them, eight at a time, are no more than eight."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: _attempt(url, "user0202", PASSWORD), range(30))) == {303}


def test_another_spelling_of_a_name_has_no_guesses_of_its_own(url: str) -> None:
    """The database's collation takes accents, full-width letters and the long s for the plain ones."""
    for spelling in ("üser0203", "úser0203", "\uff55ser0203", "u\u017fer0203", "user020\uff13"):
        assert _attempt(url, spelling, PASSWORD) == 422, spelling
    assert [_attempt(url, name, "wrong") for name in ("user0203", "USER0203", "User0203 ")] == [422] * 3
    assert _attempt(url, "USER0203", PASSWORD) == 303


def test_passwords_that_are_guessed_first_are_refused(url: str) -> None:
    for number, password in enumerate(("1234567890", "Password123", PASSWORD, "aaaaaaaaaaaa", "probe_weak")):
        data = {"name": "probe_weak", "email": f"w{number}@lab.test", "password": password}
        answer = Visitor(url).post("/signup", "/signup", data)
        assert (answer.status_code, "among the first that are guessed" in answer.text) == (422, True), (
            password
        )


def test_sign_up_tells_which_names_exist_and_nothing_about_addresses(url: str) -> None:
    """Names are on every page anyway. An e-mail address is private: whether somebody has it shows nowhere."""
    stamp = f"{int(time.time()) % 10**8}"
    data = {"email": f"same{stamp}@lab.test", "password": "long enough 1"}
    for name in (f"first{stamp}", f"second{stamp}"):
        visitor = Visitor(url)
        answer = visitor.post("/signup", "/signup", {"name": name, **data}, allow_redirects=False)
        assert answer.status_code == 303
        assert data["email"] not in visitor.get(f"/user/{name}").text + visitor.get("/").text
    assert (
        "That name is taken."
        in Visitor(url).post("/signup", "/signup", {"name": f"first{stamp}", **data}).text
    )


def test_a_session_ends_by_itself(url: str, member: Visitor) -> None:
    """Eight hours without a request: memcached itself forgets it."""
    key = f"sess:{member.session.cookies['sid']}"
    script = f"exec 3<>/dev/tcp/127.0.0.1/11211; printf 'me {key}\\r\\nquit\\r\\n' >&3; cat <&3"
    said = docker("exec", f"{LAB}-cache-1-1", "bash", "-c", script)
    life = re.search(r"\bexp=(-?\d+)\b", said)
    assert life, said
    assert 0 < int(life[1]) <= 28800


# ── odd inputs ───────────────────────────────────────────────────────────────────────────────────────────────────


def _count(visitor: Visitor, words: str) -> int:
    page = visitor.get("/search?q=" + quote(words))
    assert page.status_code == 200
    found = re.search(r"<p class=\"by\">([\d,]+) picture", page.text)
    return int(found[1].replace(",", "")) if found else 0


def test_wildcards_and_operators_of_sql_are_only_text(url: str) -> None:
    guest = Visitor(url)
    whole = _count(guest, "harbour")
    assert whole > 0
    for part in (
        "harbou%",
        "harbou_",
        "harbou*",
        "%",
        "_",
        "*",
        "%%%",
        "h%r",
        "@",
        '"',
        "+-><()~*",
        "\\",
        "'",
    ):
        assert _count(guest, part) == 0, part
    for operator in (
        "+harbour",
        "harbour*",
        '"harbour"',
        "~harbour",
        "(harbour)",
        "harbour @2",
        "-harbour",
        "harbour)(",
    ):
        assert _count(guest, operator) == whole, operator
    for name in ("user020_", "user02__", "%", "user0200%"):
        assert guest.get("/user/" + quote(name, safe="")).status_code == 404
        assert _attempt(url, name, PASSWORD) == 422


def test_of_a_parameter_that_comes_twice_one_counts_everywhere(url: str, member: Visitor) -> None:
    assert _count(member, "zzzz") == 0
    last = member.get("/search?q=zzzz&q=harbour").text
    assert re.search(r'name="q" value="harbour"', last)
    token = re.search(r'name="csrf" value="([^"]+)"', member.get("/photo/41").text)
    assert token
    addressed = member.session.post(
        f"{url}/photo/41/comment?csrf={token[1]}&body=polluted", data={"body": "x"}, timeout=20
    )
    assert addressed.status_code == 403, "a token in the address is none"
    body = f"csrf={token[1]}&body=first&body=second"
    answer = member.session.post(
        f"{url}/photo/41/comment?body=third",
        data=body,
        timeout=20,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    assert "<p>second</p>" in answer.text
    assert not re.search(r"<p>(first|third|polluted)</p>", answer.text)
    two = requests.get(f"{url}/whoami", headers={"Cookie": f"sid={'0' * 32}; sid={'1' * 32}"}, timeout=20)
    assert (two.status_code, two.json()["user"]) == (200, None)


@pytest.mark.parametrize("text", MARKUP)
def test_every_field_that_is_kept_is_shown_as_text(member: Visitor, text: str) -> None:
    """Comments and titles are in test_security_app.py; this is the description, and every page that shows a picture."""
    files = {"picture": ("p.jpg", io.BytesIO(JPEG), "image/jpeg")}
    data = {"title": f"Probe {text}"[:120], "description": f"{text}\n{text}"}
    answer = member.post("/upload", "/upload", data, files=files, allow_redirects=False)
    assert answer.status_code == 303, answer.text[:300]
    where = answer.headers["Location"]
    page = member.get(where).text
    assert html.unescape(page).count(text) >= 3
    for address in (where, where.replace("/photo/", "/tiny/"), "/", "/user/user0200", "/search?q=Probe"):
        assert not LIVE.search(member.get(address).text), address


# ── slow requests ────────────────────────────────────────────────────────────────────────────────────────────────

SLOW = {
    "head": b"GET / HTTP/1.1\r\nHost: lab.test\r\nX-Slow: ",
    "body": b"POST /login HTTP/1.1\r\nHost: lab.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 9999\r\n\r\nname=",
}


def _drip(url: str, start: bytes, limit_s: float) -> bytes:
    """Send a request's start and then a byte a second until the server ends it; return what it said."""
    where = urlsplit(url)
    deadline_s = time.monotonic() + limit_s
    with socket.create_connection((where.hostname, where.port), timeout=1) as connection:
        connection.sendall(start)
        while time.monotonic() < deadline_s:
            try:
                said = connection.recv(65536)
            except TimeoutError:
                try:
                    connection.sendall(b"a")
                except OSError:
                    return b"closed"
                continue
            except OSError:
                return b"closed"
            return said or b"closed"
    raise AssertionError(f"the server still waited after {limit_s} s")


def test_slow_requests_are_ended_and_keep_nobody_out(url: str) -> None:
    """Forty of each kind, more than there are Apache processes; then bodies larger than what the balancer waits for."""
    starts = [SLOW["head"]] * 40 + [SLOW["body"]] * 40
    with ThreadPoolExecutor(len(starts)) as pool:
        waiting = [pool.submit(_drip, url, start, 40) for start in starts]
        time.sleep(3)
        assert [requests.get(url + "/photo/7", timeout=20).status_code for _ in range(10)] == [200] * 10
        assert not any(future.done() for future in waiting), "they should still be trying"
        said = Counter(future.result()[:12] for future in waiting)
    assert said == {b"HTTP/1.1 408": 80}
    large = SLOW["body"].replace(b"9999", b"90000") + b"x" * 20_000
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda _: _drip(url, large, 75), range(4)):
            # 403: Apache gives up reading, and half a form has no token.
            assert answer == b"closed" or answer[9:12] in {b"400", b"403", b"408", b"502", b"504"}, answer[
                :100
            ]


# ── who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("behind", "is_believed"), [("off", False), ("on", True)])
def test_only_behind_a_balancer_a_header_says_who_asks(
    docker_and_images: None, behind: str, is_believed: bool
) -> None:
    """A container of its own, as without a balancer: what Apache takes for the client is in its log."""
    name = f"{own('asks')}-{behind}"
    try:
        docker("run", "-d", "--name", name, "--env", f"BEHIND_BALANCER={behind}", IMAGES["web"].reference)
        script = (
            "for i in $(seq 50); do exec 3<>/dev/tcp/127.0.0.1/80 && break; sleep 0.1; done 2>/dev/null; "
            r"printf 'GET /assets/style.css HTTP/1.0\r\nX-Real-IP: 203.0.113.9\r\nX-Forwarded-For: 203.0.113.8\r\n\r\n' >&3; cat <&3"
        )
        docker("exec", name, "bash", "-c", script)
        logged = docker("logs", name)
    finally:
        docker("rm", "-f", "-v", name, check=False)
    assert "style.css" in logged
    assert ("203.0.113.9" in logged) is is_believed
    assert "203.0.113.8" not in logged


# ── passwords, after a measurement ───────────────────────────────────────────────────────────────────────────────


def _beside_credentials(script: str) -> str:
    """Run a script as root where all passwords of the lab are mounted."""
    place = ("--volume", f"{LAB}_credentials:/run/credentials:ro", "--entrypoint", "sh")
    return docker(
        "run", "--rm", "--network", "none", "--user", "0:0", *place, IMAGES["db"].reference, "-c", script
    )


def _secrets() -> list[str]:
    """Return every password of the lab, read where no other container may."""
    script = (
        "for f in /run/credentials/*/*; do if [ -f $f ]; then cat $f; echo; fi; done; "
        "cat /run/credentials/*/*/private.pem | grep -E '^[^-]{60,}$' || true"  # lines of keys, without head and tail
    )
    return sorted(set(_beside_credentials(script).split()))


class Watch:
    """Every argument and environment of every process of this machine, as long as it watches."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            for process in Path("/proc").iterdir():
                if process.name.isdigit() and int(process.name) != os.getpid():
                    for kind in ("cmdline", "environ"):
                        try:
                            self.seen.add((process / kind).read_bytes())
                        except OSError:
                            continue


def test_no_password_shows_anywhere_after_a_measurement(url: str, tmp_path: Path) -> None:
    """Arguments and environments while it runs, `docker inspect`, images, logs, and every file and word of the lab."""
    said = []
    with Watch() as watch:
        for argv in (
            ("bench", "write-heavy", "--users", "4", "--duration", "4s", "--debug"),
            ("status", "--json"), ("compose",), ("logs",), ("report", "last", "--out", str(tmp_path / "page.html")), ("doctor", "--json"),
        ):  # fmt: skip
            done = subprocess.run(
                [sys.executable, "-m", "lab", *argv, "--lab", LAB], capture_output=True, text=True, check=False, timeout=200,
                env={**os.environ, "LAB_DIR": str(tmp_path / ".lab")}, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            assert done.returncode in {0, 5}, (
                f"{argv} {done.stderr}"
            )  # 5: a busy machine; what is written is the same
            said.append(done.stdout + done.stderr)
    containers = docker("ps", "-aq", "--filter", f"label=lab.name={LAB}").split()
    assert len(containers) == 7
    said += [docker("inspect", *containers), *(logs(container) for container in containers)]
    said += [docker("volume", "inspect", f"{LAB}_credentials"), docker("network", "inspect", f"{LAB}_data")]
    references = [image.reference for image in IMAGES.values()]
    said += [
        docker("image", "inspect", *references),
        *(docker("history", "--no-trunc", name) for name in references),
    ]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"run.json", "series.csv", "report.html", "page.html"} <= {path.name for path in files}
    places = {
        "arguments and environments": b"\0".join(watch.seen),
        "what was said": "\n".join(said).encode(),
        **{path.name: path.read_bytes() for path in files},
    }
    assert (
        b"/opt/probe" in places["arguments and environments"]
        or b"-m\0probe" in places["arguments and environments"]
    )
    secrets = _secrets()
    assert len(secrets) >= 8
    assert min(map(len, secrets)) >= 20
    assert {
        name for name, content in places.items() for secret in secrets if secret.encode() in content
    } == set()


def test_password_files_are_closed_to_others(url: str) -> None:
    """0440: its reader's group, nobody else, and nobody writes; the folder above says the same, and hands its group down."""
    script = "find /run/credentials -mindepth 1 -exec stat -c '%a %F' {} +"
    found = Counter(_beside_credentials(script).splitlines())
    assert set(found) == {"2750 directory", "440 regular file"}
