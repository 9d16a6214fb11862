"""A closed load: a fixed number of users, each acting, thinking and acting again, through ramp, warm-up and window."""

from collections.abc import Iterable
from typing import Any

from probe.loop import Loop


class ClosedLoop(Loop):
    """The load follows the lab: whoever waits for an answer sends nothing."""

    def _begin(self) -> None:
        self._runner.start(self._users, spawn_rate=self._users / max(self._load.ramp_s, 1.0))

    def _stop(self) -> None:
        for greenlet in list(self._runner.user_greenlets):
            greenlet.args[0].stop(force=self._failure.ready())

    def _busy(self) -> Iterable[Any]:
        return self._runner.user_greenlets

    def _user_count(self) -> int:
        return int(self._runner.user_count)
