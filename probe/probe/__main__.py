"""Read one job from standard input, run it, write events as JSON lines: ``python -m probe``.

Exit codes: 0 the job ran, 1 a bug, 2 the job cannot be run, 5 the scenario failed or the lab did not answer as it
should; 141 nobody reads the output any more, 128 + N ended by signal N.
"""

import os
import select
import signal
import sys
import time
from typing import Final, NoReturn

from probe import machine
from probe.job import BadJobError, Job, parse_job
from probe.supervise import Supervisor
from probe.watch import Watch
from probe.wire import Writer

INPUT_LIMIT_S: Final = 60.0
INPUT_LIMIT_BYTES: Final = 8 * 1024 * 1024
EXIT_BAD_JOB: Final = 2


def main() -> int:
    """Run the probe and return its exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: _end(128 + received))
    writer = Writer(sys.stdout.buffer, on_closed=lambda: _end(128 + signal.SIGPIPE))
    try:
        text = _read_job()
        job = parse_job(text)
    except BadJobError as error:
        writer.emit("bad-job", problems=error.problems)
        return EXIT_BAD_JOB
    writer.emit("ready", **machine.describe())
    watch = Watch(job.watch, writer)
    watch.start()
    code = _run(job, text, watch, writer)
    watch.stop()
    writer.emit("end", exit_code=code, collectors_cpu_ratio=round(watch.cpu_ratio(), 4))
    return code


def _run(job: Job, text: str, watch: Watch, writer: Writer) -> int:
    if job.scenario is None:
        time.sleep(job.load.duration_s)
        return 0
    files = {f"{job.scenario.name}.py", *job.scenario.modules}
    processes = min(job.load.processes, job.load.users)
    return Supervisor(writer, watch).run(text, processes, job.load.planned_s, files)


def _read_job() -> str:
    """Return all of standard input, as long as it comes within a minute and a sensible size."""
    stream, deadline_s, chunks = sys.stdin.buffer, time.monotonic() + INPUT_LIMIT_S, [b""]
    while sum(map(len, chunks)) <= INPUT_LIMIT_BYTES:
        if not select.select([stream], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
            raise BadJobError([f"standard input did not end within {INPUT_LIMIT_S:.0f} s"])
        chunk = stream.read1(65536)
        if not chunk:
            return b"".join(chunks).decode("utf-8", "replace")
        chunks.append(chunk)
    raise BadJobError([f"the job is larger than {INPUT_LIMIT_BYTES} bytes"])


def _end(code: int) -> NoReturn:
    """End at once; the generator's processes are tied to this one by their parent-death signal."""
    os._exit(code)


if __name__ == "__main__":
    exit_code = main()
    sys.stdout.flush()
    os._exit(exit_code)  # a collector that still waits for a name server must not delay the end
