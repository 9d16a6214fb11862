"""Probes of the photo site's defences against one running lab. The table of all of them: docs/security.md."""

from __future__ import annotations

import hashlib
import hmac
import html
import io
import re
import socket
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from lab.tiers.base import image
from tests.docker_lab import Visitor, docker, own, running
from tests.integration.test_stages import JPEG

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

LAB = own("sec")
PASSWORD = "lab-demo-password"
EVIL = "evil.example"
# What an error page or a header must never tell: paths, classes, SQL, traces, versions.
TELLTALE = re.compile(
    r"Stack trace|Traceback|#0 |\.php\b|PDOException|SQLSTATE|mysql|/srv/|/var/|Warning:|Apache/\d|PHP/\d|Debian|haproxy",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def url(docker_and_images: None) -> Iterator[str]:
    """Start the full lab; a whole core for each replica, because the probes wait for passwords to be hashed."""
    with running(LAB, "--stage", "full", "--web-cpu", "1", "--db-cpu", "1") as address:
        yield address


@pytest.fixture(scope="module")
def member(url: str) -> Visitor:
    """Return a visitor who is logged in for the whole module."""
    visitor = Visitor(url)
    visitor.log_in("user0100")
    return visitor


def _token(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def _raw(url: str, request: str | bytes) -> bytes:
    """Send bytes as they are and return all that comes back; the server must close the connection within 15 s."""
    where = urlsplit(url)
    content = request.encode("latin-1") if isinstance(request, str) else request
    answer = b""
    with socket.create_connection((where.hostname, where.port), timeout=15) as connection:
        connection.sendall(content)
        while block := connection.recv(65536):
            answer += block
    return answer


def _ask(url: str, line: str, *headers: str, body: str = "") -> tuple[int, str]:
    """Send one request line as it is; return the status and the whole answer."""
    head = "\r\n".join([line + " HTTP/1.1", "Host: lab.test", "Connection: close", *headers])
    answer = _raw(url, f"{head}\r\n\r\n{body}").decode("latin-1")
    status = re.match(r"HTTP/1\.[01] (\d{3})", answer)
    assert status, answer[:200]
    return int(status[1]), answer


def _comment(member: Visitor, photo: int, body: str, **more: str) -> str:
    """Write a comment; return the photo page, entities as they were sent."""
    answer = member.post(f"/photo/{photo}/comment", f"/photo/{photo}", {"body": body, **more})
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def _upload(
    member: Visitor, content: bytes, name: str = "picture.jpg", kind: str = "image/jpeg", title: str = "Probe"
) -> requests.Response:
    files = {"picture": (name, io.BytesIO(content), kind)}
    return member.post("/upload", "/upload", {"title": title}, files=files, allow_redirects=False)


def _picture_of(member: Visitor, answer: requests.Response) -> requests.Response:
    """Fetch the picture of the photo page that an upload led to."""
    assert answer.status_code == 303, answer.text[:500]
    source = re.search(r'<img[^>]+src="(/media/u/[^"]+)"', member.get(answer.headers["Location"]).text)
    assert source
    return member.get(html.unescape(source[1]))


def _png(width: int, height: int) -> bytes:
    """Return a black PNG with one bit per pixel: many pixels in few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


# ── what comes in: SQL, markup, templates, line breaks, parameters ───────────────────────────────────────────────

SQL = [  # SLEEP outlasts every time limit: what sleeps is a 503 or a client that gave up, on the slowest machine too
    "' OR '1'='1",
    '" OR 1=1 -- ',
    "'; DROP TABLE users; -- ",
    "zz' UNION SELECT name, password_hash FROM users -- ",
    "zz') AGAINST ('zz') OR SLEEP(30) # ",
    "\\' OR SLEEP(30) -- ",
]
MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</title><svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
]
LIVE = re.compile(
    r"<script|<svg|<img src=x|onerror=alert\(1\)>|[\"']\s*autofocus onfocus|<a href='javascript",
    re.IGNORECASE,
)


@pytest.mark.parametrize("text", SQL)
def test_sql_in_an_input_is_only_text(url: str, member: Visitor, text: str) -> None:
    found = member.get("/search?q=" + quote(text))
    assert found.status_code == 200
    assert "$2y$" not in found.text
    assert not TELLTALE.search(re.sub(r"“.*?”|value=\"[^\"]*\"", "", found.text))
    guest = Visitor(url)
    for data in ({"name": text, "password": "x"}, {"name": "user0101", "password": text}):
        refused = guest.post("/login", "/login", data, allow_redirects=False)
        assert (refused.status_code, "Name or password is wrong" in refused.text) == (422, True)
    for address in ("/user/user0001", "/photo/1", "/tiny/1"):
        assert member.get(address + quote(text, safe="")).status_code == 404
    assert member.get("/?page=" + quote("1" + text)).status_code == 200
    assert text.strip() in html.unescape(_comment(member, 21, text))
    assert member.get("/user/user0001").status_code == 200


@pytest.mark.parametrize("text", MARKUP)
def test_what_people_write_is_shown_as_text(member: Visitor, text: str) -> None:
    page = _comment(member, 22, text)
    assert text in html.unescape(page)
    assert not LIVE.search(page)
    answer = _upload(member, JPEG, title=text)
    for address in (answer.headers["Location"], "/", "/user/user0100"):
        page = member.get(address).text
        assert text in html.unescape(page), address
        assert not LIVE.search(page), address


@pytest.mark.parametrize("text", MARKUP)
def test_what_is_echoed_is_shown_as_text(url: str, text: str) -> None:
    guest = Visitor(url)
    pages = [
        guest.get("/search?q=" + quote(text)),
        guest.post("/login", "/login", {"name": text, "password": "x"}),
        guest.post("/signup", "/signup", {"name": text, "email": text, "password": "long enough 1"}),
        guest.get("/" + quote(text)),
    ]
    assert [page.status_code for page in pages] == [200, 422, 422, 404]
    assert all(text in html.unescape(page.text) for page in pages[:3])
    assert not [page.url for page in pages if LIVE.search(page.text)]


def test_code_in_text_is_not_run(member: Visitor) -> None:
    text = "{{7*7}} ${7*7} #{7*7} <?= 7*7 ?> <!--#exec cmd='id' --> $(id) `id` ;id| %s%n%x ../../etc/passwd"
    page = html.unescape(_comment(member, 23, text))
    assert text in page
    assert "uid=" not in page


@pytest.mark.parametrize(
    "path", ["/search?q=x{}", "/photo/1{}", "/user/user0001{}", "/assets{}", "/media/seed/0001.jpg{}", "/{}"]
)
def test_line_breaks_do_not_become_headers(url: str, path: str) -> None:
    for broken in ("%0d%0aX-Injected:%20yes", "%0aSet-Cookie:%20x=y", "%E5%98%8D%E5%98%8AX-Injected:%20yes"):
        _, answer = _ask(url, "GET " + path.format(broken))
        head = answer.partition("\r\n\r\n")[0].lower()
        assert "\nx-injected" not in head
        assert "\nset-cookie: x=y" not in head


def test_parameters_as_lists_or_twice_are_no_errors(url: str, member: Visitor) -> None:
    for address in (
        "/search?q[]=a",
        "/search?q[a][b]=c",
        "/search?q=a&q=lake",
        "/?page[]=2",
        "/?page=9e99",
        "/?page=-1",
    ):
        assert member.get(address).status_code == 200, address
    guest = Visitor(url)
    for data in ({"name[]": "user0001", "password": PASSWORD}, {"name": "user0001", "password[]": PASSWORD}):
        assert guest.post("/login", "/login", data, allow_redirects=False).status_code == 422
    assert guest.whoami()["user"] is None


def test_fields_that_the_form_does_not_have_change_nothing(url: str, member: Visitor) -> None:
    page = _comment(
        member, 24, "who wrote this?", user_id="1", author="user0001", id="1", created_at="2001-01-01"
    )
    newest = re.search(r'<ol class="comments">\s*<li><p><a href="/user/(\w+)"', page)
    assert newest
    assert newest[1] == "user0100"
    name = f"probe{int(time.time())}"
    data = {
        "name": name,
        "email": f"{name}@lab.test",
        "password": "long enough 1",
        "id": "1",
        "is_admin": "1",
    }
    guest = Visitor(url)
    assert guest.post("/signup", "/signup", data, allow_redirects=False).status_code == 303
    assert guest.whoami()["user"] == name
    again = Visitor(url).post("/signup", "/signup", data)
    assert (again.status_code, "That name is taken." in again.text) == (422, True)


def test_limits_of_the_forms_hold_on_the_server(url: str, member: Visitor) -> None:
    for body in ("", "   ", "x" * 501):
        assert member.post("/photo/25/comment", "/photo/25", {"body": body}).status_code == 422
    assert _upload(member, JPEG, title="x" * 121).status_code == 422
    likes = [
        member.post("/photo/25/like", "/photo/26", {}).text.partition('data-likes="')[2].partition('"')[0]
        for _ in range(2)
    ]
    assert likes[0] == likes[1]
    for name, password in (
        ("ok_name", "short"),
        ("ok_name", "x" * 73),
        ("Ab", "long enough 1"),
        ("a" * 31, "long enough 1"),
    ):
        data = {"name": name, "email": "a@lab.test", "password": password}
        assert Visitor(url).post("/signup", "/signup", data).status_code == 422


# ── who is who: CSRF, sessions, cookies, login ───────────────────────────────────────────────────────────────────


def test_a_form_without_its_own_token_is_refused(url: str, member: Visitor) -> None:
    stranger = Visitor(url)
    foreign = _token(stranger.get("/login").text)
    before = member.get("/tiny/31").text
    for path in ("/photo/31/like", "/photo/31/comment", "/upload", "/login", "/signup", "/logout"):
        for data in ({}, {"csrf": ""}, {"csrf": "0" * 32}, {"csrf": foreign}, {"csrf[]": foreign}):
            answer = member.session.post(
                url + path, data={"body": "forged", **data}, timeout=20, allow_redirects=False
            )
            assert answer.status_code == 403, f"{path} {data}"
    assert "forged" not in member.get("/photo/31").text
    assert re.findall(r"data-likes.*", before) == re.findall(r"data-likes.*", member.get("/tiny/31").text)
    assert member.whoami()["user"] == "user0100"


def test_nothing_changes_by_get(member: Visitor) -> None:
    for path in ("/photo/31/like", "/photo/31/comment", "/logout"):
        answer = member.get(path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert member.whoami()["user"] == "user0100"


def test_a_guest_may_look_but_not_write(url: str) -> None:
    guest = Visitor(url)
    for path in ("/photo/32/like", "/photo/32/comment", "/upload"):
        answer = guest.post(path, "/login", {"body": "guest", "title": "guest"}, allow_redirects=False)
        assert (answer.status_code, "Log in first" in answer.text) == (403, True)
    form = guest.session.get(url + "/upload", allow_redirects=False, timeout=20)
    assert (form.status_code, form.headers["Location"]) == (303, "/login")


def test_login_makes_a_new_session(url: str) -> None:
    visitor = Visitor(url)
    before = (visitor.get("/login"), visitor.session.cookies["sid"])
    visitor.log_in("user0102")
    after = visitor.session.cookies["sid"]
    assert re.fullmatch(r"[0-9a-f]{32}", after), "128 random bits"
    assert after != before[1]
    assert _token(visitor.get("/photo/1").text) != _token(before[0].text)
    planted = Visitor(url)
    planted.session.cookies["sid"] = before[1]
    assert planted.whoami()["user"] is None


def test_a_planted_session_id_is_not_adopted(url: str) -> None:
    planted = "deadbeef" * 4
    victim = Visitor(url)
    answer = victim.session.get(url + "/login", headers={"Cookie": f"sid={planted}"}, timeout=20)
    given = answer.cookies["sid"]
    assert given != planted
    page = victim.session.get(f"{url}/login?sid={planted}", timeout=20)
    assert planted not in page.text
    assert victim.session.cookies["sid"] == given


def test_cookie_flags(url: str) -> None:
    guest = Visitor(url)
    assert "Set-Cookie" not in guest.get("/").headers, "who only looks gets no cookie"
    forms = guest.get("/login")
    _, *flags = [part.strip().lower() for part in forms.headers["Set-Cookie"].split(";")]
    # No Domain: this host only. No Expires: until the browser closes. No Secure: over plain HTTP a browser would not
    # send the cookie back, and nobody could log in. Behind TLS: session.cookie_secure = 1 in php-app/apache/php.ini.
    assert sorted(flags) == ["httponly", "path=/", "samesite=lax"]


def test_logout_ends_the_session_on_the_server(url: str) -> None:
    visitor = Visitor(url)
    visitor.log_in("user0103")
    stolen = visitor.session.cookies["sid"]
    thief = Visitor(url)
    thief.session.cookies["sid"] = stolen
    assert thief.whoami()["user"] == "user0103"
    visitor.post("/logout", "/photo/1", {})
    assert thief.whoami()["user"] is None
    assert visitor.whoami()["user"] is None


def test_the_session_is_in_the_cookie_and_nowhere_else(url: str, member: Visitor) -> None:
    sid = member.session.cookies["sid"]
    for path in ("/", "/photo/1", "/upload", "/whoami"):
        answer = member.get(path)
        assert sid not in answer.text
        assert sid not in str(answer.headers)
    assert requests.get(f"{url}/whoami?sid={sid}", timeout=20).json()["user"] is None


@pytest.mark.parametrize(
    "sid", ["", "x", "../../../../etc/passwd", "a" * 4000, "%00", "0" * 32, "' OR 1=1", "lock.x y"]
)
def test_a_forged_session_cookie_is_a_guest(url: str, sid: str) -> None:
    for path in ("/whoami", "/login"):
        answer = requests.get(
            url + path, headers={"Cookie": f"sid={sid}; user=user0001; admin=1"}, timeout=20
        )
        assert answer.status_code == 200
        assert not TELLTALE.search(answer.text)
    assert requests.get(f"{url}/whoami", headers={"Cookie": f"sid={sid}"}, timeout=20).json()["user"] is None


def test_guessing_a_password_is_stopped(url: str) -> None:
    """Ten failures block the account, whatever address the client claims; other accounts are not touched."""
    guest = Visitor(url)
    token = _token(guest.get("/login").text)

    def attempt(password: str, n: int, name: str = "user0142") -> requests.Response:
        claimed = {
            "X-Forwarded-For": f"203.0.113.{n}",
            "X-Real-IP": f"203.0.113.{n}",
            "Forwarded": f"for=203.0.113.{n}",
        }
        data = {"csrf": token, "name": name, "password": password}
        return guest.session.post(
            url + "/login", data=data, headers=claimed, timeout=20, allow_redirects=False
        )

    assert [attempt(f"guess {n}", n).status_code for n in range(10)] == [422] * 10
    blocked = attempt(PASSWORD, 99)
    assert (blocked.status_code, blocked.headers["Retry-After"]) == (429, "300")
    assert attempt(PASSWORD, 99, "USER0142").status_code == 429
    assert attempt(PASSWORD, 99, "user0143").status_code == 303


def test_a_wrong_name_looks_like_a_wrong_password(url: str) -> None:
    guest = Visitor(url)
    shown = []
    for name in ("user0144", "nobody_here"):
        page = guest.post("/login", "/login", {"name": name, "password": "not the password"})
        text = re.sub(r"<footer.*</footer>", "", page.text, flags=re.DOTALL).replace(name, "NAME")
        shown.append((page.status_code, re.sub(r'(data-id|csrf" value)="\w*"', "", text)))
    assert shown[0] == shown[1]


# ── what goes out: headers, scripts, origins, versions, errors ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path", ["/", "/login", "/photo/1", "/user/user0001", "/search?q=lake", "/nothing", "/logout"]
)
def test_every_page_has_the_security_headers(url: str, path: str) -> None:
    headers = requests.get(url + path, timeout=20).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "img-src": "'self'",
        "style-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "private, no-cache"


def test_other_answers_say_what_they_are(url: str) -> None:
    kinds = {
        "/whoami": "application/json",
        "/assets/style.css": "text/css",
        "/assets/favicon.svg": "image/svg+xml",
    }
    for path, kind in kinds.items():
        headers = requests.get(url + path, timeout=20).headers
        assert headers["Content-Type"].startswith(kind)
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_pages_have_no_script_and_nothing_from_elsewhere(member: Visitor) -> None:
    for path in (
        "/",
        "/photo/1",
        "/user/user0001",
        "/search?q=lake",
        "/upload",
        "/login",
        "/signup",
        "/nothing",
    ):
        page = member.get(path).text
        tags = re.sub(r'"[^"]*"', '""', page)
        assert not re.search(
            r"<(script|iframe|object|embed|base)\b|<[^>]*\s(style|on\w+)=", tags, re.IGNORECASE
        )
        addresses = re.findall(r'(?:src|href|action)="([^"]*)"', page)
        assert addresses
        assert not [a for a in addresses if not re.match(r"/(?!/)|#", a)], path


def test_no_other_origin_may_read(url: str, member: Visitor) -> None:
    source = re.search(r'src="(/media/seed/[^"]+)"', member.get("/photo/1").text)
    assert source
    for path in ("/", "/whoami", "/login", "/assets/style.css", html.unescape(source[1])):
        for method in ("GET", "OPTIONS"):
            headers = {"Origin": f"https://{EVIL}", "Access-Control-Request-Method": "POST"}
            answer = requests.request(method, url + path, headers=headers, timeout=20)
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")], (
                path,
                method,
            )


def test_no_header_tells_a_version(url: str, member: Visitor) -> None:
    source = re.search(r'src="(/media/seed/[^"]+)"', member.get("/photo/1").text)
    assert source
    for path in (
        "/",
        "/whoami",
        "/nothing",
        "/assets/style.css",
        "/assets/",
        "/media/",
        html.unescape(source[1]),
    ):
        headers = requests.get(url + path, timeout=20).headers
        assert headers.get("Server") in {"Apache", "MinIO"}, path
        assert "X-Powered-By" not in headers
        assert "Via" not in headers


@pytest.mark.parametrize(
    ("line", "statuses"),
    [
        ("GET /nothing", {404}),
        ("GET /assets/", {403, 404}),
        ("GET /index.php", {404}),
        ("GET /photo/999999999", {404}),
        ("GET /user/nobody_here", {404}),
        ("GET /" + "a" * 5000, {414}),
        ("GET /?" + "a=1&" * 900, {200}),
        ("GET /%", {400, 404}),
        ("GET /%00", {400, 404}),
        ("GET /%ff%fe", {404}),
        ("GET /search?q=%ff%fe", {200}),
        ("GET /media/seed/0001.jpg", {403}),
        ("PUT /photo/1", {405}),
        ("GET bad", {400}),
        ("G\x01T /", {400}),
    ],
)
def test_error_pages_tell_nothing(url: str, line: str, statuses: set[int]) -> None:
    status, answer = _ask(url, line)
    assert status in statuses
    assert not TELLTALE.search(answer)


def test_too_large_requests_are_refused(url: str) -> None:
    status, answer = _ask(url, "GET /", "X-Long: " + "a" * 20000)
    assert (status, TELLTALE.search(answer)) == (400, None)
    status, answer = _ask(url, "GET /", *[f"X-{n}: y" for n in range(200)])
    assert (status, TELLTALE.search(answer)) == (400, None)
    form = "Content-Type: application/x-www-form-urlencoded"
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=8) as connection:
        connection.sendall(
            f"POST /login HTTP/1.1\r\nHost: lab.test\r\n{form}\r\nContent-Length: 7000000\r\n\r\ncsrf=x".encode()
        )
        answer = connection.recv(65536).decode("latin-1")  # at once: nothing waits for the rest
    assert answer.startswith("HTTP/1.1 413 ")
    assert not TELLTALE.search(answer)


def test_an_app_that_breaks_shows_no_trace() -> None:
    """A replica without its passwords: every page fails. The visitor sees a sentence, the log has the reason."""
    name = own("sec-broken")
    options = (
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges:true",
        "--tmpfs",
        "/var/lib/app/uploads:uid=33",
    )
    docker("run", "-d", "--rm", "--network", "none", "--name", name, *options, image("web"))
    try:
        ask = "exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET /photo/1 HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n' >&3; cat <&3"
        answer = ""
        deadline = time.monotonic() + 15
        while not answer and time.monotonic() < deadline:
            answer = docker("exec", name, "bash", "-c", ask, check=False)
        assert " 500 " in answer.splitlines()[0]
        assert "It has been logged." in answer
        assert not TELLTALE.search(answer)
        log = subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=True, timeout=30)
        assert "cannot read the credential" in log.stderr
    finally:
        docker("rm", "--force", name)


# ── uploads ──────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_PICTURES = {
    "text": b"just words",
    "php": b"<?php system($_GET['c']); ?>",
    "php with a picture's first bytes": b"\xff\xd8\xff\xe0<?php system($_GET['c']); ?>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;<?php phpinfo();",
    "empty": b"",
    "a header and nothing behind it": _png(8, 8)[:33],
    "archive": b"PK\x03\x04" + bytes(200),
}


@pytest.mark.parametrize("kind", NOT_PICTURES)
def test_what_is_not_a_picture_is_refused(member: Visitor, kind: str) -> None:
    answer = _upload(member, NOT_PICTURES[kind], "holiday.jpg")
    assert answer.status_code == 422
    assert not TELLTALE.search(answer.text)


def test_a_picture_that_is_also_code_is_drawn_again(member: Visitor) -> None:
    code = b"<?php system($_GET['c']); ?><script>alert(1)</script>"
    comment = b"\xff\xfe" + struct.pack(">H", len(code) + 2) + code
    place = b"Exif\x00\x00GPS 52.5200 N 13.4050 E"
    exif = b"\xff\xe1" + struct.pack(">H", len(place) + 2) + place
    picture = _picture_of(
        member, _upload(member, JPEG[:2] + exif + comment + JPEG[2:] + code, "holiday.php.jpg")
    )
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert picture.content[:3] == b"\xff\xd8\xff"
    for part in (b"<?php", b"<script", b"Exif", b"GPS 52"):
        assert part not in picture.content


def test_a_picture_of_too_many_bytes_is_refused(member: Visitor) -> None:
    for size_bytes in (5_000_001, 5_500_000):
        answer = _upload(member, JPEG + bytes(size_bytes - len(JPEG)))
        assert (answer.status_code, "larger than 5 MB" in answer.text) == (422, True)


def test_a_picture_of_too_many_pixels_is_refused(member: Visitor) -> None:
    bomb = _png(30_000, 30_000)
    assert len(bomb) < 1_000_000
    answer = _upload(member, bomb, "bomb.png", "image/png")
    assert (answer.status_code, "13 million pixels" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "name", ["../../../../srv/app/public/shell.php", "..\\..\\shell.php", "shell.php%00.jpg", "a/b;c.phtml"]
)
def test_the_name_of_an_upload_is_ignored(url: str, member: Visitor, name: str) -> None:
    picture = _picture_of(member, _upload(member, JPEG, name))
    assert picture.status_code == 200
    assert re.fullmatch(r"/media/u/[0-9a-f]{32}\.jpg", urlsplit(picture.url).path)
    assert [_ask(url, f"GET {path}")[0] for path in ("/shell.php", "/media/u/shell.php")] == [404, 403]


# ── pictures: presigned addresses ────────────────────────────────────────────────────────────────────────────────


def _presigned(
    url: str, path: str, at: datetime, *, valid_s: int = 3600, method: str = "GET", **query: str
) -> str:
    """Sign as the app does, with the app's own key.

    Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API reference.
    """
    keys = docker(
        "exec",
        f"{LAB}-web-1-1",
        "sh",
        "-c",
        "cd /run/credentials/web; cat s3_access_key; echo; cat s3_secret_key",
    )
    access, secret = keys.split()
    day, stamp = at.strftime("%Y%m%d"), at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{day}/us-east-1/s3/aws4_request"
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{access}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(valid_s),
        "X-Amz-SignedHeaders": "host",
        **query,
    }
    text = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(parameters.items()))
    canonical = f"{method}\n{path}\n{text}\nhost:{urlsplit(url).netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    signed = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + secret.encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{url}{path}?{text}&X-Amz-Signature={hmac.digest(key, signed.encode(), 'sha256').hex()}"


def _address(url: str, photo: int = 1) -> str:
    source = re.search(
        r'<img[^>]+src="(/media/seed/[^"]+)"', requests.get(f"{url}/photo/{photo}", timeout=20).text
    )
    assert source
    return url + html.unescape(source[1])


def test_a_picture_address_expires(url: str) -> None:
    query = parse_qs(urlsplit(_address(url)).query)
    signed_at = datetime.strptime(query["X-Amz-Date"][0] + "+0000", "%Y%m%dT%H%M%SZ%z")
    assert query["X-Amz-Expires"] == ["3600"]
    assert timedelta(0) <= datetime.now(UTC) - signed_at < timedelta(minutes=15, seconds=20)
    now = datetime.now(UTC)
    path = "/media/seed/0001.jpg"
    assert requests.get(_presigned(url, path, now), timeout=20).status_code == 200
    expired = requests.get(_presigned(url, path, now - timedelta(seconds=3601)), timeout=20)
    assert (expired.status_code, "expired" in expired.text) == (403, True)
    assert requests.get(_presigned(url, path, now + timedelta(hours=1)), timeout=20).status_code == 403
    assert requests.get(_presigned(url, path, now, valid_s=604801), timeout=20).status_code == 400


def test_a_picture_address_cannot_be_changed(url: str) -> None:
    address = _address(url)
    assert requests.get(address, timeout=20).status_code == 200
    last = address[-1]
    forged = {
        "no signature": address.partition("&X-Amz-Signature")[0],
        "another signature": address[:-1] + ("0" if last != "0" else "1"),
        "a longer life": address.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
        "another day": re.sub(r"X-Amz-Date=\d{8}", "X-Amz-Date=20300101", address),
        "another picture": re.sub(r"/seed/\d+", "/seed/0049", address),
        "another key": re.sub(r"X-Amz-Credential=\w+", "X-Amz-Credential=AAAAAAAAAAAAAAAAAAAA", address),
        "no query": address.partition("?")[0],
        "a parameter more": address + "&response-content-type=text%2Fhtml",
    }
    answers = {what: requests.get(changed, timeout=20).status_code for what, changed in forged.items()}
    assert set(answers.values()) <= {400, 403}, answers
    assert requests.get(address, headers={"Host": EVIL}, timeout=20).status_code == 403
    assert requests.head(address, timeout=20).status_code == 403, "signed for GET only"


def test_the_store_shows_nothing_else(url: str) -> None:
    now = datetime.now(UTC)
    for address in (
        f"{url}/media/",
        f"{url}/media/?list-type=2",
        f"{url}/media/?policy",
        f"{url}/media/seed/?acl",
        _presigned(url, "/media/", now, **{"list-type": "2"}),
    ):
        assert requests.get(address, timeout=20).status_code == 403, address
    for path in (
        "/media/../minio/v2/metrics/cluster",
        "/media/%2e%2e/minio/v2/metrics/cluster",
        "/media/..%2fminio/v2/metrics/cluster",
        "/media//../../minio/health/live",
        "/media/../minio/admin/v3/info",
        "/minio/v2/metrics/cluster",
        "/minio/health/live",
    ):
        status, answer = _ask(url, f"GET {path}")
        assert status in {400, 403, 404}, path
        assert "minio_" not in answer


# ── HTTP itself ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_methods(url: str) -> None:
    status, answer = _ask(url, "TRACE /", "X-Echo: please")
    assert status == 405
    assert "X-Echo" not in answer
    for method in ("PUT", "DELETE", "PATCH", "PROPFIND", "DEBUG", "NONSENSE"):
        assert _ask(url, f"{method} /photo/1", "Content-Length: 0")[0] in {405, 501}, method
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        signed = _presigned(url, "/media/u/planted.jpg", datetime.now(UTC), method=method).removeprefix(url)
        for path in ("/media/u/planted.jpg", "/media/seed/0001.jpg", signed):
            assert _ask(url, f"{method} {path}", "Content-Length: 1", body="x")[0] in {403, 405}, (
                method,
                path,
            )
    assert requests.get(
        _presigned(url, "/media/u/planted.jpg", datetime.now(UTC)), timeout=20
    ).status_code in {403, 404}
    assert requests.get(_address(url), timeout=20).status_code == 200
    assert _ask(url, "GET /logout", "X-HTTP-Method-Override: POST")[0] == 405
    assert _ask(url, "HEAD /")[1].endswith("\r\n\r\n")


def test_it_is_no_proxy(url: str) -> None:
    assert _ask(url, "CONNECT 192.0.2.1:80")[0] in {400, 405}
    for line in ("GET http://192.0.2.1/", "GET http://store:9000/minio/health/live"):
        status, answer = _ask(url, line)
        assert status in {200, 400, 404}
        assert status == 400 or "X-Replica: web-" in answer, "our own page, whatever the address says"


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/assets/../../src/Config.php",
        "/assets/..%2f..%2fsrc/Config.php",
        "/assets/%2e%2e/%2e%2e/src/Config.php",
        "/assets/..%252f..%252fsrc/Config.php",
        "/assets/.%2e/.%2e/.%2e/.%2e/run/credentials/web/app_secret",
        "/assets/....//....//src/Config.php",
        "/assets/..\\..\\src\\Config.php",
        "/assets/style.css%00.php",
        "/media/../../../../etc/passwd",
        "/media/..%2f..%2f..%2fetc/passwd",
        "/media/%2e%2e/%2e%2e/run/credentials/store/root_password",
        "/photo/..%2f..%2fetc%2fpasswd",
        "/user/..%2f..%2f..%2fetc%2fpasswd",
        "/index.php/../../src/Config.php",
        "/?page=../../../../etc/passwd",
        "/?template=../../../../etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_site(url: str, path: str) -> None:
    status, answer = _ask(url, f"GET {path}")
    assert status in {400, 403, 404} or path.startswith("/?")
    assert not re.search(r"root:x:|<\?php|namespace App", answer)


def test_no_file_or_page_of_the_machinery_is_served(url: str) -> None:
    for path in (
        "/.git/config", "/.env", "/.htaccess", "/.DS_Store", "/index.php~", "/index.php.bak", "/index.phps", "/backup.zip",
        "/composer.json", "/Dockerfile", "/src/Config.php", "/templates/layout.php", "/tests/run.php", "/apache/php.ini",
        "/phpinfo.php", "/phpmyadmin/", "/admin", "/server-status", "/server-info", "/stats", "/metrics", "/haproxy?stats",
        "/crossdomain.xml", "/clientaccesspolicy.xml", "/cgi-bin/", "/icons/", "/manual/",
    ):  # fmt: skip
        status, answer = _ask(url, f"GET {path}")
        assert status in {403, 404}, path
        assert not re.search(r"<\?php|namespace App|\[core\]|phpinfo\(\)|ServerUptime", answer), path


HIDDEN = "GET /hidden HTTP/1.1\r\nHost: lab.test\r\nX-Hidden: "
POST = "POST /login HTTP/1.1\r\nHost: lab.test\r\nContent-Type: text/plain\r\n"
END = "GET /health HTTP/1.1\r\nHost: lab.test\r\nConnection: close\r\n\r\n"
SMUGGLED = {
    "length and chunks": f"{POST}Content-Length: {len(HIDDEN) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "chunks and length": f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{HIDDEN}",
    "two lengths": f"{POST}Content-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a list of lengths": f"{POST}Content-Length: 0, {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a negative length": f"{POST}Content-Length: -1\r\n\r\n{HIDDEN}",
    "a signed length": f"{POST}Content-Length: +0\r\n\r\n{HIDDEN}",
    "no known coding": f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "chunked, then another": f"{POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a space before the colon": f"{POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a wrong chunk": f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{HIDDEN}",
    "two hosts": f"GET / HTTP/1.1\r\nHost: lab.test\r\nHost: {EVIL}\r\n\r\n{HIDDEN}",
    "a bare carriage return": f"GET / HTTP/1.1\r\nHost: lab.test\r\nX-A: b\rX-C: d\r\n\r\n{HIDDEN}",
    "an old version with chunks": f"{POST.replace('/1.1', '/1.0', 1)}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
}  # fmt: skip

# RFC 9112, 6.3: chunks override a length. HAProxy removes the length, passes the form on (403: it has no token) and
# closes the connection.
CHUNKS_COUNT = {"length and chunks", "chunks and length", "an old version with chunks"}


@pytest.mark.parametrize("kind", SMUGGLED)
def test_no_request_hides_in_another(url: str, kind: str) -> None:
    """An ambiguous request is refused, or read as RFC 9112 wants it; what follows on its connection is never answered."""
    answer = _raw(url, SMUGGLED[kind] + END).decode("latin-1")
    statuses = re.findall(r"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE)
    assert statuses == ["403" if kind in CHUNKS_COUNT else "400"], answer[:300]


def test_a_host_header_is_believed_by_nobody(url: str) -> None:
    lies = {
        "X-Forwarded-Host": EVIL,
        "X-Host": EVIL,
        "Forwarded": f"host={EVIL}",
        "X-Original-URL": "/upload",
    }
    for headers in ({"Host": EVIL}, lies, {"Host": EVIL, **lies}):
        for path in ("/", "/login", "/photo/1", "/upload", "/assets", "/media", "/nothing"):
            answer = requests.get(url + path, headers=headers, timeout=20, allow_redirects=False)
            assert EVIL not in answer.text, path
            assert EVIL not in str(answer.headers), path
    status, _ = _ask(url, "GET /", f"Host: {EVIL}")
    assert status == 400


def test_redirects_stay_here(url: str) -> None:
    aims = (f"https://{EVIL}/", f"//{EVIL}/", f"/\\{EVIL}")
    for aim in aims:
        query = "&".join(f"{name}={quote(aim)}" for name in ("next", "url", "return", "redirect", "to"))
        guest = Visitor(url)
        data = {"name": "user0104", "password": PASSWORD, "next": aim, "redirect": aim}
        answer = guest.post(
            f"/login?{query}", f"/login?{query}", data, headers={"Referer": aim}, allow_redirects=False
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    for path in (
        f"//{EVIL}/",
        f"//{EVIL}/%2e%2e",
        f"/%2f{EVIL}/",
        f"/\\{EVIL}/",
        f"/%5c{EVIL}",
        f"//{EVIL}/assets",
    ):
        status, answer = _ask(url, f"GET {path}")
        assert status in {400, 404}, path
        assert "location:" not in answer.partition("\r\n\r\n")[0].lower()
