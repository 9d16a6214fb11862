"""The quick cookie jar does what the standard one does."""

from __future__ import annotations

from email.message import Message
from http.cookiejar import CookieJar
from urllib.request import Request

import pytest

from probe.cookies import QuickJar


class Answer:
    """A response as far as a cookie jar looks at it."""

    def __init__(self, *set_cookie: str) -> None:
        self.headers = Message()
        for value in set_cookie:
            self.headers["Set-Cookie"] = value

    def info(self) -> Message:
        return self.headers


LOGIN = "id=one; path=/; HttpOnly; SameSite=Lax"
LOGOUT = "id=; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/"


@pytest.mark.parametrize(
    "answers",
    [
        [Answer(), Answer()],
        [Answer(LOGIN), Answer(), Answer()],
        [Answer(LOGIN), Answer(LOGIN.replace("one", "two"), "seen=1; path=/photo"), Answer(LOGOUT), Answer()],
    ],
)
def test_it_sends_the_cookies_that_the_standard_jar_sends(answers: list[Answer]) -> None:
    sent: dict[type[CookieJar], list[str | None]] = {QuickJar: [], CookieJar: []}
    for kind, cookies in sent.items():
        jar = kind()
        for answer in answers:
            jar.extract_cookies(answer, Request("http://lab.test/login"))
            for path in ("/", "/photo/1"):
                request = Request("http://lab.test" + path)
                jar.add_cookie_header(request)
                cookies.append(request.get_header("Cookie"))
    assert sent[QuickJar] == sent[CookieJar]
    assert any(sent[QuickJar]) is bool(answers[0].headers.keys())
