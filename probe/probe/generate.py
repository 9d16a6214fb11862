"""A process of the generator: Locust as a library, its share of a closed or open loop.

Started by ``probe.supervise``, never by hand: ``python -m probe.generate NUMBER COUNT``. Standard input has two lines:
the job, and the monotonic time at which all processes begin. The first process also verifies.
"""

import ctypes
import faulthandler
import logging
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final

import greenlet

import labload  # imports Locust, which replaces the blocking calls of this interpreter
from probe.closedloop import ClosedLoop
from probe.job import Job, Scenario, parse_job
from probe.loop import Loop
from probe.mix import Dealer
from probe.openloop import OpenLoop
from probe.recorder import Recorder
from probe.scenario import ScenarioError, files, user_class
from probe.share import Share
from probe.supervise import EXIT_OK, EXIT_SCENARIO_FAILED
from probe.textmodules import Blame, blame
from probe.verify import try_actions, unhealthy_replicas
from probe.wire import Writer
from probe.workload import Workload

_PR_SET_PDEATHSIG: Final = 1  # Source: prctl(2)
# Of all processes, less than the container has: a scenario that takes too much then fails with file and line instead of
# being killed.
MEMORY_BYTES: Final = 768 * 2**20


def main(share: Share) -> int:
    """Run a share of the job on standard input and return the exit code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # never outlive the supervisor
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    signal.signal(signal.SIGUSR2, _print_where(greenlet.getcurrent()))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES // share.count,) * 2)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    writer = _private_output()
    job = parse_job(sys.stdin.readline())
    if job.scenario is None:
        return EXIT_OK
    try:
        return _run(job, job.scenario, share, writer)
    except ScenarioError as error:
        return _fail(writer, error.where, error)
    except SystemExit as error:  # an action called sys.exit: gevent brings it here
        return _fail(writer, blame(error, files(job.scenario)), error)


def _print_where(main_greenlet: greenlet.greenlet) -> Callable[[int, Any], None]:
    """Return a signal handler that prints where the main greenlet waits: while it does, another frame is the current one."""

    def handler(_number: int, frame: Any) -> None:  # noqa: ANN401
        traceback.print_stack(main_greenlet.gr_frame or frame)

    return handler


def _private_output() -> Writer:
    """Return a writer on the real standard output and point file descriptor 1 elsewhere: a scenario may print."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return Writer(events, on_closed=lambda: os._exit(1))


def _run(job: Job, scenario: Scenario, share: Share, writer: Writer) -> int:
    recorder = Recorder()
    cls = user_class(job, scenario)
    labload.LabUser.workload = Workload(
        seed=job.seed,
        photos=job.data_photos,
        users=job.data_users,
        zipf_s=float(scenario.settings.get("zipf_s", 1.0)),
        think_s=job.load.think_s,
        settings=scenario.settings,
        dealer=Dealer(scenario.mix, job.seed, share.number),
        action_done=recorder.action_done,
    )
    labload.LabUser.number_by(share.numbers())
    loop = (
        OpenLoop(job.load, share, cls, recorder, writer, job.seed)
        if job.load.rate_rps
        else ClosedLoop(job.load, share, cls, recorder, writer)
    )
    if job.verify and share.number == 0 and not _verify(job, scenario, loop, recorder, writer):
        return EXIT_SCENARIO_FAILED
    loop.settle()
    failure = loop.run(_begins_s(writer))
    if failure is not None:
        return _fail(writer, blame(failure, files(scenario)), failure)
    writer.emit("tally", **loop.tally())
    return EXIT_OK


def _begins_s(writer: Writer) -> float:
    """Say that this process is ready, and return when all of them begin; never return when the supervisor is gone."""
    writer.emit("waiting")
    line = sys.stdin.readline()
    if not line:
        os._exit(EXIT_SCENARIO_FAILED)
    return float(line)


def _verify(job: Job, scenario: Scenario, loop: Loop, recorder: Recorder, writer: Writer) -> bool:
    def alive() -> None:
        writer.emit("alive")

    replicas = job.watch.get("web", ())
    problems = unhealthy_replicas(replicas, alive)
    try:
        user = loop.lone_user()
        tried = try_actions(user, lambda: loop.start_of(user), scenario.mix, alive)
    except Exception as error:
        raise ScenarioError(blame(error, files(scenario))) from error
    problems += recorder.problems
    if problems:
        writer.emit("verify-failed", problems=problems)
        return False
    writer.emit("verified", checks=len(replicas) + tried)
    return True


def _fail(writer: Writer, where: Blame, error: BaseException) -> int:
    cause = error.__cause__ if isinstance(error, ScenarioError) and error.__cause__ else error
    writer.emit(
        "scenario-failed",
        message=where.message,
        file=where.file,
        line=where.line,
        traceback="".join(traceback.format_exception(cause))[-4000:],
    )
    return EXIT_SCENARIO_FAILED


if __name__ == "__main__":
    code = main(Share(number=int(sys.argv[1]), count=int(sys.argv[2])))
    sys.stderr.flush()
    os._exit(code)  # greenlets and threads of the scenario must not delay the end
