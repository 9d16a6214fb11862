"""A closed load: a fixed number of users, each acting, thinking and acting again, through ramp, warm-up and window."""

import gc
import time
from typing import Any, Final

import gevent
from gevent.event import AsyncResult
from locust.env import Environment

import labload
from probe.clocks import Clocks
from probe.job import Load
from probe.recorder import Effort, Recorder
from probe.seconds import Seconds
from probe.tally import nearest_rank
from probe.wire import Writer

LAG_STEP_S: Final = 0.05
DRAIN_LIMIT_S: Final = 30.0


class StuckError(Exception):
    """An action that did not end; ``frames`` lead to where it waits, innermost last."""

    def __init__(self, message: str, frames: list[tuple[str, int]]) -> None:
        super().__init__(message)
        self.frames = frames


class ClosedLoop:
    """One run of the load. The seam for several processes: each would run one, and their tallies would be merged."""

    def __init__(self, load: Load, cls: type[labload.LabUser], recorder: Recorder, writer: Writer) -> None:
        self._load = load
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

    def lone_user(self) -> labload.LabUser:
        """Return a user that is not part of the load; the load's own users are numbered from 0 all the same."""
        user = self._cls(self._environment)
        labload.LabUser.number_from_zero()
        return user

    def start_of(self, user: labload.LabUser) -> None:
        """Let a user start once, without its usual patience."""
        super(self._cls, user).on_start()

    def run(self) -> BaseException | None:
        """Run all phases; return what the scenario raised, or None when it ran as it should."""
        gc.collect()
        gc.freeze()  # what is loaded by now stays: do not walk through it again during the window
        self._seconds = Seconds(self._recorder, self._writer, lambda: int(self._runner.user_count))
        began = Clocks.now()
        helpers = [gevent.spawn(self._seconds.run), gevent.spawn(self._measure_lag)]
        self._enter("ramp", self._load.ramp_s)
        self._runner.start(self._load.users, spawn_rate=self._load.users / max(self._load.ramp_s, 1.0))
        if not self._fails_within(self._load.ramp_s):
            self._enter("warmup", self._load.warmup_s)
            if not self._fails_within(self._load.warmup_s):
                self._measure()
        self._lost = Clocks.now().lost_since(began)
        self._enter("drain", DRAIN_LIMIT_S)
        gevent.killall(helpers)
        stuck = self._drain()
        self._runner.quit()
        return self._failure.get_nowait() if self._failure.ready() else stuck

    def result(self) -> dict[str, Any]:
        """Return the fields of the ``result`` event."""
        generator = {
            "cpu_ratio": self._window_cpu_ratio,
            "loop_lag_p99_ms": nearest_rank(sorted(self._lags_ms), 99),
        }
        return {**self._recorder.tally.document(*self._window), "generator": generator, "clock": self._lost}

    def _measure(self) -> None:
        effort = Effort()
        self._lags_ms.clear()
        start_s = self._recorder.open_window()
        self._enter("measure", self._load.duration_s)
        self._fails_within(self._load.duration_s)
        self._window = (start_s, self._recorder.close_window())
        self._window_cpu_ratio = effort.cpu_ratio()

    def _enter(self, phase: str, length_s: float) -> None:
        self._seconds.begin_phase(time.monotonic() + length_s)
        self._recorder.phase = phase
        self._writer.emit("phase", phase=phase)

    def _fails_within(self, length_s: float) -> bool:
        """Wait; return True at once when the scenario fails."""
        self._failure.wait(timeout=length_s)
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
        """Let every user finish its action; return an error with the place where one hangs, if one does."""
        self._cls.workload.stopping = True
        for greenlet in list(self._runner.user_greenlets):
            greenlet.args[0].stop(force=self._failure.ready())
        deadline_s = time.monotonic() + DRAIN_LIMIT_S
        while self._runner.user_greenlets and time.monotonic() < deadline_s and not self._failure.ready():
            self._runner.user_greenlets.join(timeout=1)
            self._writer.emit("alive")
        if not self._runner.user_greenlets or self._failure.ready():
            return None
        return _stuck(next(iter(self._runner.user_greenlets)))


def _stuck(greenlet: Any) -> StuckError:  # noqa: ANN401
    """Return an error that knows where the suspended greenlet waits."""
    frame, frames = greenlet.gr_frame, []
    while frame is not None:
        frames.insert(0, (frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return StuckError(f"an action did not end within {DRAIN_LIMIT_S:.0f} s after the window", frames)
