"""An open load: actions start at random moments at a given rate, whether earlier ones have ended or not.

A latency counts from the moment that was intended (``response``); from the moment when the request was really sent it is
kept beside it (``service``). Of an action with several requests only the first waited for its start, so only it differs.
"""

import math
import time
from collections.abc import Iterable
from typing import Any, Final

import gevent

import labload
from probe.arrivals import Arrivals, Starts
from probe.job import Load
from probe.loop import Loop
from probe.recorder import Recorder
from probe.share import Share
from probe.wire import Writer

READY_S: Final = 0.5  # of arrivals: so many users are made before the load begins
FEW: Final = 8
MAKERS: Final = 4  # users that log in at the same time


class OpenLoop(Loop):
    """Users wait in a pool; whoever is due takes the one that was used last, so that connections stay warm."""

    def __init__(
        self,
        load: Load,
        share: Share,
        cls: type[labload.LabUser],
        recorder: Recorder,
        writer: Writer,
        seed: int,
    ) -> None:
        super().__init__(load, share, cls, recorder, writer)
        self._arrivals = Arrivals(load.rate_rps, seed, share)
        self._starts = Starts()
        self._idle: list[labload.LabUser] = []
        self._count = 0
        self._under_way: set[Any] = set()
        self._helpers: list[Any] = []

    def tally(self) -> dict[str, Any]:
        """Return the fields of the ``tally`` event, with how the plan was kept."""
        return {**super().tally(), "starts": self._starts.document()}

    def _begin(self) -> None:
        ready = math.ceil(self._load.rate_rps / self._share.count * READY_S)
        wanted = min(self._users, FEW + ready)
        self._helpers = [gevent.spawn(self._schedule)]
        self._helpers += [gevent.spawn(self._make_users, wanted) for _ in range(MAKERS)]

    def _stop(self) -> None:
        gevent.killall(self._helpers)
        if self._failure.ready():
            gevent.killall(list(self._under_way))

    def _busy(self) -> Iterable[Any]:
        return [greenlet for greenlet in self._under_way if not greenlet.dead]

    def _user_count(self) -> int:
        return len(self._under_way)

    def _make_users(self, wanted: int) -> None:
        while self._count < wanted:
            user = self._new_user()
            if self._prepare(user):
                self._idle.append(user)

    def _new_user(self) -> labload.LabUser:
        self._count += 1
        return self._cls(self._environment)

    def _prepare(self, user: labload.LabUser) -> bool:
        """Let a user start, as its scenario wants it (a login); return False when the scenario failed."""
        try:
            user.on_start()
        except Exception as error:  # noqa: BLE001 - whatever a scenario raises is its failure, told with file and line
            self._on_user_error(exception=error)
            return False
        return True

    def _schedule(self) -> None:
        began_s = time.perf_counter() + self._begins_s - time.monotonic()  # the same moment in every process
        while True:
            due_s = began_s + self._arrivals.next_s()
            gevent.sleep(max(0.0, due_s - time.perf_counter()))
            if self._idle:
                self._spawn(self._idle.pop(), due_s, is_new=False)
            elif self._count < self._users:
                self._spawn(self._new_user(), due_s, is_new=True)
            else:
                self._recorder.second.dropped += 1
                self._starts.dropped += self._recorder.is_open

    def _spawn(self, user: labload.LabUser, due_s: float, *, is_new: bool) -> None:
        greenlet = gevent.spawn(self._act, user, due_s, is_new=is_new)
        self._under_way.add(greenlet)
        greenlet.link(self._under_way.discard)

    def _act(self, user: labload.LabUser, due_s: float, *, is_new: bool) -> None:
        late_ms = (time.perf_counter() - due_s) * 1000
        self._recorder.second.late += Starts.is_late(late_ms)
        if self._recorder.is_open:
            self._starts.late_ms.append(late_ms)
        if is_new and not self._prepare(user):
            return
        user.due_s = due_s
        try:
            user.act()
        except labload.ActionFailedError:
            pass  # counted already
        except Exception as error:  # noqa: BLE001 - as above
            self._on_user_error(exception=error)
            return
        user.due_s = None
        self._idle.append(user)
