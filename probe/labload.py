"""What a scenario imports: a user of the photo site whose every response is checked, status and body.

    from labload import LabUser, action

    class Visitor(LabUser):
        @action("feed")
        def feed(self):
            self.page("/", kind="feed")

A request that fails is counted and ends its action, so a scenario needs no error handling of its own.
"""

import itertools
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import gevent
from locust import FastHttpUser, task
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import RescheduleTask

from probe.checks import (
    Page,
    client_address,
    json_error,
    multipart,
    page_error,
    picture_error,
    redirect_error,
    text_error,
)
from probe.cookies import QuickJar
from probe.workload import Workload
from probe.zipf import ZipfIds, user_rng

__all__ = ["ActionFailedError", "LabUser", "Page", "ZipfIds", "action"]

DEMO_PASSWORD: Final = "lab-demo-password"  # noqa: S105 - the password of every seeded demo user
# As long as the balancer lets a request wait: 64 users on one replica of a slow laptop wait 10 s.
TIMEOUT_S: Final = 20.0
PAUSE_AFTER_ERROR_S: Final = 0.2
_FORM: Final = "application/x-www-form-urlencoded"


class ActionFailedError(RescheduleTask):
    """A request of this action failed and has been counted; the user goes on with the next action."""


def action(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a method as the action ``name``; its share of the mix is in the scenario's TOML file."""

    def mark(method: Callable[..., None]) -> Callable[..., None]:
        method.action_name = name  # type: ignore[attr-defined]
        return method

    return mark


class LabUser(FastHttpUser):
    """One user with its own cookies, its own address and its own random stream.

    Useful in a scenario: ``photo_ids.next()`` and ``user_ids.next()`` draw ids by popularity (Zipf), ``rng`` is a
    ``random.Random``, ``settings`` is the scenario's TOML, ``index`` counts the users from 0. In an open load ``due_s`` is
    when its action was meant to start, on the clock ``time.perf_counter``.
    """

    abstract = True
    network_timeout = TIMEOUT_S
    connection_timeout = TIMEOUT_S
    workload: ClassVar[Workload]
    actions: ClassVar[dict[str, Callable[..., None]]] = {}
    _indices: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self, environment: Any) -> None:  # noqa: ANN401 - Locust's Environment
        self.index = next(LabUser._indices)
        # Compression would cost the generator more than it saves on a network that never leaves the machine.
        self.default_headers = {"X-Forwarded-For": client_address(self.index), "Accept-Encoding": "identity"}
        super().__init__(environment)
        self.client.cookiejar = self.client.client.cookiejar = QuickJar()
        self.settings = self.workload.settings
        self.rng = user_rng(self.workload.seed, self.index)
        self.photo_ids = ZipfIds(self.workload.photos, self.workload.zipf_s, self.rng)
        self.user_ids = ZipfIds(self.workload.users, self.workload.zipf_s, self.rng)
        self.user_name: str | None = None
        self.due_s: float | None = None

    def context(self) -> dict[str, float]:
        """Return how long the request that is sent now waited for its start; nothing in a closed load."""
        if self.due_s is None:
            return {}
        waited_ms = max(0.0, time.perf_counter() - self.due_s) * 1000
        self.due_s = math.inf  # the action's other requests are sent when the one before has been answered
        return {"waited_ms": waited_ms}

    @classmethod
    def number_by(cls, indices: Iterator[int]) -> None:
        """Give the users from now on these indices."""
        LabUser._indices = indices

    # -- what the probe calls -----------------------------------------------------------------------------------------

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401
        super().__init_subclass__(**options)
        found = {
            member.action_name: member for member in vars(cls).values() if hasattr(member, "action_name")
        }
        cls.actions = {**cls.actions, **found}

    @task
    def act(self) -> None:
        """Do the next action of the mix."""
        self.perform(self.workload.dealer.next())

    def perform(self, name: str) -> None:
        """Do one action; it counts as done even when one of its requests failed."""
        try:
            self.actions[name](self)
        except ActionFailedError:
            self.workload.action_done(name)
            raise
        self.workload.action_done(name)

    def wait_time(self) -> float:
        """Return the think time before the next action: exponential with the given mean, or none."""
        return self.rng.expovariate(1 / self.workload.think_s) if self.workload.think_s else 0.0

    # -- what a scenario calls ----------------------------------------------------------------------------------------

    def page(
        self, path: str, *, kind: str, page_id: int | str = "", contains: str = "", name: str = ""
    ) -> Page:
        """Get a page and check that it is that page, about that id, complete, and holds the text ``contains``."""

        def error(got: Any) -> str:  # noqa: ANN401
            return page_error(got.status_code, got.content or b"", kind, str(page_id), contains)

        return Page(kind=kind, body=self.send("GET", path, name or kind, error).content)

    def picture(self, address: str, *, name: str = "picture") -> None:
        """Get a picture by the address found in a page and check that it is a whole JPEG."""

        def error(got: Any) -> str:  # noqa: ANN401
            return picture_error(got.status_code, got.headers.get("content-type", ""), got.content or b"")

        self.send("GET", address, name, error)

    def json(self, path: str, *, expect: Mapping[str, Any], name: str = "") -> dict[str, Any]:
        """Get a JSON object and check that it holds what is expected."""

        def error(got: Any) -> str:  # noqa: ANN401
            return json_error(got.status_code, got.content or b"", expect)

        return dict(json.loads(self.send("GET", path, name or path, error).content))

    def fetch(self, path: str, *, name: str = "", contains: str = "") -> bytes:
        """Get any address of any app and check the status and, if given, a text in the body."""

        def error(got: Any) -> str:  # noqa: ANN401
            return text_error(got.status_code, got.content or b"", contains)

        return bytes(self.send("GET", path, name or path, error).content or b"")

    def submit(self, path: str, form: Page, fields: Mapping[str, str] | None = None, *, name: str) -> str:
        """Send a form of the page ``form`` and return the address that the answer redirects to."""
        body = urlencode({"csrf": form.csrf, **(fields or {})})
        return self._post(path, body, _FORM, name)

    def upload(self, form: Page, jpeg: bytes, title: str, *, name: str = "upload") -> str:
        """Send a picture with the upload form and return the address of its new page."""
        body, content_type = multipart({"csrf": form.csrf, "title": title}, "picture", "picture.jpg", jpeg)
        return self._post("/upload", body, content_type, name)

    def login(self, user_name: str, password: str = DEMO_PASSWORD) -> None:
        """Log in as a demo user."""
        form = self.page("/login", kind="login", name="login form")
        self.submit("/login", form, {"name": user_name, "password": password}, name="login")
        self.user_name = user_name

    def send(
        self,
        method: str,
        path: str,
        name: str,
        error_of: Callable[[Any], str],
        data: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - Locust's response
        """Send one request, judge it by ``error_of`` (empty = good) and return the response.

        Redirects are not followed: one request here is one request in the balancer's statistics.
        """
        with self.client.request(
            method,
            path,
            name=name,
            data=data,
            headers=headers,
            allow_redirects=False,
            catch_response=True,
        ) as response:
            error = _transport_error(response) or error_of(response)
            if error:
                response.failure(error)
            else:
                response.success()
        if not error:
            return response
        if not response.status_code or response.status_code >= 500:
            gevent.sleep(PAUSE_AFTER_ERROR_S)  # a refused connection takes no time: do not spin on it
        raise ActionFailedError(error)

    def _post(self, path: str, body: str | bytes, content_type: str, name: str) -> str:
        headers = {"Content-Type": content_type}
        response = self.send("POST", path, name, lambda got: redirect_error(got.status_code), body, headers)
        return str(response.headers.get("location", ""))


def _transport_error(response: Any) -> str:  # noqa: ANN401
    """Return why there is no complete response; a status that the page's own check will judge is not such a reason."""
    error = response.request_meta["exception"]
    if error is None or isinstance(error, LocustBadStatusCode):
        return ""
    return f"{type(error).__name__}: {error}"[:200]
