"""What a closed and an open load have in common: phases, the window, the drain, what the generator itself needed."""

import gc
import time
from collections.abc import Iterable
from typing import Any, Final

import gevent
from gevent.event import AsyncResult
from locust.env import Environment

import labload
from probe.clocks import Clocks
from probe.job import Load
from probe.recorder import Effort, Recorder
from probe.second import nearest_rank
from probe.seconds import Seconds
from probe.share import Share
from probe.wire import Writer

LAG_STEP_S: Final = 0.05
DRAIN_LIMIT_S: Final = 30.0


class StuckError(Exception):
    """An action that did not end; ``frames`` lead to where it waits, innermost last."""

    def __init__(self, message: str, frames: list[tuple[str, int]]) -> None:
        super().__init__(message)
        self.frames = frames


class Loop:
    """One process's share of a load: ramp, warm-up, window, drain, at the same moments in all processes.

    What it does to the users is in the classes derived from it.
    """

    def __init__(
        self, load: Load, share: Share, cls: type[labload.LabUser], recorder: Recorder, writer: Writer
    ) -> None:
        self._load = load
        self._share = share
        self._users = share.size(load.users)
        self._begins_s = 0.0
        self._cls = cls
        self._recorder = recorder
        self._writer = writer
        self._environment = Environment(user_classes=[cls], host=cls.host)
        self._runner = self._environment.create_local_runner()
        # Locust's own statistics would cost time on every request and round what they keep.
        self._environment.events.request._handlers.clear()
        self._environment.events.request.add_listener(recorder.on_request)
        self._environment.events.user_error.add_listener(self._on_user_error)
        self._failure: AsyncResult = AsyncResult()
        self._window = (0.0, 0.0)
        self._window_cpu_ratio = 0.0
        self._lost: dict[str, float] = {}
        self._lags_ms: list[float] = []

    # -- what a kind of load does -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Start the load; it goes on through all phases."""
        raise NotImplementedError

    def _stop(self) -> None:
        """Begin nothing any more, and let what is under way end."""
        raise NotImplementedError

    def _busy(self) -> Iterable[Any]:
        """Return the greenlets that are under way."""
        raise NotImplementedError

    def _user_count(self) -> int:
        """Return the users that act."""
        raise NotImplementedError

    # -- what the generator calls -------------------------------------------------------------------------------------

    def lone_user(self) -> labload.LabUser:
        """Return a user that is not part of the load; it takes no number from the load's own users."""
        user = self._cls(self._environment)
        labload.LabUser.number_by(self._share.numbers())
        return user

    def start_of(self, user: labload.LabUser) -> None:
        """Let a user start once, without its usual patience."""
        super(self._cls, user).on_start()

    def settle(self) -> None:
        """Make ready for the load: what is loaded by now stays, so do not walk through it again during the window."""
        gc.collect()
        gc.freeze()

    def run(self, begins_s: float) -> BaseException | None:
        """Run all phases; return what the scenario raised, or None when it ran as it should.

        Args:
            begins_s: monotonic time at which the ramp begins; each phase ends at a time that follows from it.
        """
        self._begins_s = begins_s
        gevent.sleep(max(0.0, begins_s - time.monotonic()))
        self._seconds = Seconds(self._recorder, self._writer, self._user_count)
        began = Clocks.now()
        helpers = [gevent.spawn(self._seconds.run), gevent.spawn(self._measure_lag)]
        ramped_s = begins_s + self._load.ramp_s
        warm_s = ramped_s + self._load.warmup_s
        self._enter("ramp", ramped_s)
        self._begin()
        if not self._fails_by(ramped_s):
            self._enter("warmup", warm_s)
            if not self._fails_by(warm_s):
                self._measure(warm_s + self._load.duration_s)
        self._lost = Clocks.now().lost_since(began)
        self._enter("drain", time.monotonic() + DRAIN_LIMIT_S)
        gevent.killall(helpers)
        stuck = self._drain()
        self._runner.quit()
        return self._failure.get_nowait() if self._failure.ready() else stuck

    def tally(self) -> dict[str, Any]:
        """Return the fields of the ``tally`` event: everything that this process counted in the window."""
        generator = {
            "cpu_ratio": self._window_cpu_ratio,
            "loop_lag_p99_ms": nearest_rank(sorted(self._lags_ms), 99),
        }
        return {
            "window": self._window,
            "counts": self._recorder.tally.parts(),
            "generator": generator,
            "clock": self._lost,
        }

    def _measure(self, end_s: float) -> None:
        effort = Effort()
        self._lags_ms.clear()
        start_s = self._recorder.open_window()
        self._enter("measure", end_s)
        self._fails_by(end_s)
        self._window = (start_s, self._recorder.close_window())
        self._window_cpu_ratio = effort.cpu_ratio()

    def _enter(self, phase: str, end_s: float) -> None:
        self._seconds.begin_phase(end_s)
        self._recorder.phase = phase
        self._writer.emit("phase", phase=phase)

    def _fails_by(self, end_s: float) -> bool:
        """Wait until the monotonic time ``end_s``; return True at once when the scenario fails."""
        self._failure.wait(timeout=max(0.0, end_s - time.monotonic()))
        return bool(self._failure.ready())

    def _measure_lag(self) -> None:
        while True:
            before_s = time.perf_counter()
            gevent.sleep(LAG_STEP_S)
            self._lags_ms.append(max(0.0, time.perf_counter() - before_s - LAG_STEP_S) * 1000)

    def _on_user_error(self, *, exception: BaseException, **_: Any) -> None:  # noqa: ANN401
        if not self._failure.ready():
            self._failure.set(exception)

    def _drain(self) -> StuckError | None:
        """Let every action end; return an error with the place where one hangs, if one does."""
        self._cls.workload.stopping = True
        self._stop()
        deadline_s = time.monotonic() + DRAIN_LIMIT_S
        while list(self._busy()) and time.monotonic() < deadline_s and not self._failure.ready():
            gevent.joinall(list(self._busy()), timeout=1)
            self._writer.emit("alive")
        left = list(self._busy())
        return None if not left or self._failure.ready() else _stuck(left[0])


def _stuck(greenlet: Any) -> StuckError:  # noqa: ANN401
    """Return an error that knows where the suspended greenlet waits."""
    frame, frames = greenlet.gr_frame, []
    while frame is not None:
        frames.insert(0, (frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return StuckError(f"an action did not end within {DRAIN_LIMIT_S:.0f} s after the window", frames)
