"""A cookie jar for many requests a second: the standard one, asked only when there is something to do. Pure."""

from http.cookiejar import CookieJar
from typing import Any

_SET = ("set-cookie", "set-cookie2")


class QuickJar(CookieJar):
    """Saves work for a guest, whose jar is empty, and at an answer that sets no cookie: see `python -m bench generator`."""

    def add_cookie_header(self, request: Any) -> None:  # noqa: ANN401 - whatever the client sends
        """Add the cookies that the address gets."""
        if self._cookies:  # type: ignore[attr-defined]
            super().add_cookie_header(request)

    def extract_cookies(self, response: Any, request: Any) -> None:  # noqa: ANN401
        """Keep the cookies that came with the response."""
        if any(name in response.headers for name in _SET):
            super().extract_cookies(response, request)
