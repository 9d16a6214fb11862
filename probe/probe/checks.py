"""Decide whether a response is the page that was asked for, and take what a user needs out of it. Pure."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_ROOT: Final = re.compile(rb'<html[^>]*\bdata-page="([a-z-]+)"(?:[^>]*\bdata-id="([^"]*)")?')
_CSRF: Final = re.compile(rb'name="csrf"[^>]*\bvalue="([^"]+)"')
_PICTURE: Final = re.compile(rb'<img[^>]*\bsrc="(/media/[^"]+)"')
_END: Final = b"</html>"


def page_error(status: int, body: bytes, kind: str, page_id: str, contains: str = "") -> str:
    """Return why this is not the complete page ``kind`` with ``data-id`` equal to ``page_id``; empty if it is."""
    if status != 200:
        return f"status {status}, expected 200"
    wrong_page = _root_error(body, kind, page_id)
    if wrong_page:
        return wrong_page
    if not body.endswith((_END, _END + b"\n")):
        return "the page is cut off: it does not end with </html>"
    if contains and contains.encode() not in body:
        return f"page {kind!r} lacks the text that must be in it"
    return ""


def _root_error(body: bytes, kind: str, page_id: str) -> str:
    root = _ROOT.search(body, 0, 2000)
    if root is None:
        return "the body has no <html data-page=...>"
    found_kind, found_id = root.group(1).decode(), html.unescape((root.group(2) or b"").decode())
    if found_kind != kind:
        return f"page {found_kind!r}, expected {kind!r}"
    # The ids themselves stay out of the message: equal faults must count as one.
    return f"wrong data-id on page {kind!r}" if page_id and found_id != page_id else ""


def json_error(status: int, body: bytes, expect: Mapping[str, Any]) -> str:
    """Return why this is not a JSON object that holds what is expected; empty if it is."""
    if status != 200:
        return f"status {status}, expected 200"
    try:
        found = json.loads(body)
    except ValueError:
        return "the body is not JSON"
    if not isinstance(found, dict):
        return "the body is not a JSON object"
    wrong = [key for key, value in expect.items() if found.get(key) != value]
    return f"unexpected value of {', '.join(wrong)}" if wrong else ""


def text_error(status: int, body: bytes, contains: str) -> str:
    """Return why this is not a response with status 200 that holds a text; empty if it is."""
    if status != 200:
        return f"status {status}, expected 200"
    return "" if contains.encode() in body else f"the body does not contain {contains!r}"


def redirect_error(status: int) -> str:
    """Return why this is not what a form answers when it was accepted; empty if it is."""
    return "" if status in {302, 303} else f"status {status}, expected 303"


def picture_error(status: int, content_type: str, body: bytes) -> str:
    """Return why this is not a whole JPEG; empty if it is."""
    if status != 200:
        return f"status {status}, expected 200"
    if not content_type.startswith("image/jpeg"):
        return f"content type {content_type!r}, expected image/jpeg"
    if not (body.startswith(b"\xff\xd8") and body.rstrip(b"\0").endswith(b"\xff\xd9")):
        return "the picture is cut off"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that passed its check."""

    kind: str
    body: bytes

    @property
    def csrf(self) -> str:
        """Return the token that the page's forms must send back, or an empty text."""
        found = _CSRF.search(self.body)
        return html.unescape(found.group(1).decode()) if found else ""

    @property
    def pictures(self) -> list[str]:
        """Return the addresses of the page's pictures, signature included, in order."""
        return [html.unescape(address.decode()) for address in _PICTURE.findall(self.body)]


def client_address(user_index: int) -> str:
    """Return the address a user claims to come from, out of the range reserved for benchmarks.

    Source: RFC 2544, 198.18.0.0/15.
    """
    return f"198.{18 + (user_index >> 16 & 1)}.{user_index >> 8 & 255}.{user_index & 255}"


def multipart(fields: dict[str, str], file_field: str, file_name: str, content: bytes) -> tuple[bytes, str]:
    """Return the body and the content type of an upload form with one JPEG."""
    boundary = "scalability-lab-upload-boundary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{file_name}"\r\n'
    parts += [head.encode(), b"Content-Type: image/jpeg\r\n\r\n", content, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
