"""Run the generator as a child process and bound it: a scenario that hangs is stopped and blamed by file and line."""

import re
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Final

from probe.lastbytes import LastBytes
from probe.watch import Watch
from probe.wire import Writer

# The generator says something every second, and waits for no response longer than 10 s.
SILENCE_LIMIT_S: Final = 20.0
# Silence is counted in turns: a probe that was frozen itself has missed one turn, whatever the clock says.
TURN_S: Final = 1.0
# What verification and the end of the last requests may need beyond the planned time.
MARGIN_S: Final = 240.0
EXIT_OK: Final = 0
EXIT_BUG: Final = 1
EXIT_SCENARIO_FAILED: Final = 5
PASSED_ON_BYTES: Final = 262_144
_FRAME: Final = re.compile(r'File "([^"]+)", line (\d+),? in (\S+)')
_EDGES: Final = {b'"phase":"measure"': "start", b'"phase":"drain"': "end"}


class Supervisor:
    """Forwards the generator's events to the probe's own output, and watches over it."""

    def __init__(self, writer: Writer, watch: Watch) -> None:
        self._writer = writer
        self._watch = watch
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints = LastBytes()
        self._has_result = False

    def run(self, job_text: str, planned_s: float, scenario_files: set[str]) -> int:
        """Run one job's load and return the probe's exit code."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "probe.generate"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        listener = threading.Thread(target=self._listen, args=(self._child.stderr,), daemon=True)
        listener.start()
        self._hand_over(job_text)
        silent = not self._forward_events(time.monotonic() + planned_s + MARGIN_S)
        if silent:
            return self._blame_silence(scenario_files, listener)
        code = self._child.wait()
        listener.join(1)
        if code == EXIT_SCENARIO_FAILED or (code == EXIT_OK and self._has_result):
            return code
        if code != EXIT_BUG or "Traceback" not in self._complaints.text():
            return self._blame_end(code)
        self._writer.emit("problem", tier="generator", target="probe", message=self._last_words())
        return EXIT_BUG

    def kill(self) -> None:
        """End the generator at once."""
        if self._child is not None:
            self._child.kill()

    def _hand_over(self, job_text: str) -> None:
        assert self._child is not None and self._child.stdin is not None  # noqa: S101, PT018 - just opened
        try:
            self._child.stdin.write(job_text.encode())
            self._child.stdin.close()
        except BrokenPipeError:
            pass  # it died already; its exit code and its last words tell why

    def _forward_events(self, deadline_s: float) -> bool:
        """Forward lines until the child closes its output; return False when it fell silent or ran too long."""
        assert self._child is not None and self._child.stdout is not None  # noqa: S101, PT018 - just opened
        stream, rest, silent_s = self._child.stdout, b"", 0.0
        while True:
            if silent_s >= SILENCE_LIMIT_S or time.monotonic() >= deadline_s:
                return False
            if not select.select([stream], [], [], TURN_S)[0]:
                silent_s += TURN_S
                continue
            silent_s = 0.0
            chunk = stream.read1(65536)
            if not chunk:
                return True
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._forward(line)

    def _forward(self, line: bytes) -> None:
        if line.startswith(b'{"event":"phase"'):
            for marker, edge in _EDGES.items():
                if marker in line:
                    self._watch.signal_edge(edge)
        self._has_result = self._has_result or line.startswith(b'{"event":"result"')
        if not line.startswith(b'{"event":"alive"'):
            self._writer.forward(line + b"\n")

    def _listen(self, stream: Any) -> None:  # noqa: ANN401 - a binary pipe
        """Keep the end of the generator's stderr and pass the beginning on: a scenario's own prints end up there."""
        passed = 0
        while chunk := stream.read1(65536):
            self._complaints.add(chunk)
            if passed < PASSED_ON_BYTES:  # megabytes would only fill the engine's logs
                passed += len(chunk)
                sys.stderr.buffer.write(chunk)
                sys.stderr.buffer.flush()

    def _blame_silence(self, scenario_files: set[str], listener: threading.Thread) -> int:
        assert self._child is not None  # noqa: S101 - only called while it runs
        # The generator's handlers then print where it is: the first out of an endless loop, the second out of a wait.
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            self._child.send_signal(number)
            time.sleep(1)
        self._child.kill()
        self._child.wait()
        listener.join(1)
        frames = [(file, int(line)) for file, line, _ in _FRAME.findall(self._complaints.text())]
        own = [frame for frame in frames if frame[0] in scenario_files] or [("", 0)]
        self._writer.emit(
            "scenario-failed",
            message=f"the scenario gave no sign of life for {SILENCE_LIMIT_S:.0f} s: an endless loop, or a wait outside gevent?",
            file=own[0][0],
            line=own[0][1],
            traceback="\n".join(f"{file}:{line}" for file, line in frames[:20]),
        )
        return EXIT_SCENARIO_FAILED

    def _blame_end(self, code: int) -> int:
        """Report a generator that ended without a result and without an error of ours."""
        why = f"ended with {code}" if code >= 0 else f"was killed by signal {-code}"
        guess = (
            "does it take too much memory?" if code == -signal.SIGKILL else "does it call os._exit or abort?"
        )
        words = "\n".join(self._complaints.text().splitlines()[-5:])
        self._writer.emit(
            "scenario-failed",
            message=f"the scenario's process {why} before the result: {guess}"
            + (f"\n{words}" if words else ""),
            file="",
            line=0,
            traceback="",
        )
        return EXIT_SCENARIO_FAILED

    def _last_words(self) -> str:
        return "the generator ended unexpectedly: " + "\n".join(self._complaints.text().splitlines()[-15:])
