"""Run the generator as a child process and bound it: a scenario that hangs is stopped and blamed by file and line."""

import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from typing import Any, Final

from probe.watch import Watch
from probe.wire import Writer

# The generator says something every second, and waits for no response longer than 10 s.
SILENCE_LIMIT_S: Final = 20.0
# What verification and the end of the last requests may need beyond the planned time.
MARGIN_S: Final = 240.0
EXIT_OK: Final = 0
EXIT_BUG: Final = 1
EXIT_SCENARIO_FAILED: Final = 5
_FRAME: Final = re.compile(r'File "([^"]+)", line (\d+) in (\S+)')
_EDGES: Final = {b'"phase":"measure"': "start", b'"phase":"drain"': "end"}


class Supervisor:
    """Forwards the generator's events to the probe's own output, and watches over it."""

    def __init__(self, writer: Writer, watch: Watch) -> None:
        self._writer = writer
        self._watch = watch
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints: deque[str] = deque(maxlen=200)

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
        if code in {EXIT_OK, EXIT_SCENARIO_FAILED}:
            return code
        self._writer.emit(
            "problem", tier="generator", target="probe", message=self._last_words(f"exit code {code}")
        )
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
        stream, rest = self._child.stdout, b""
        while True:
            limit_s = min(SILENCE_LIMIT_S, deadline_s - time.monotonic())
            if limit_s <= 0 or not select.select([stream], [], [], limit_s)[0]:
                return False
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
        if not line.startswith(b'{"event":"alive"'):
            self._writer.forward(line + b"\n")

    def _listen(self, stream: Any) -> None:  # noqa: ANN401 - a binary pipe
        """Keep the generator's last lines of stderr and pass all on: a scenario's own prints end up there."""
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            self._complaints.append(line)
            sys.stderr.write(line + "\n")

    def _blame_silence(self, scenario_files: set[str], listener: threading.Thread) -> int:
        assert self._child is not None  # noqa: S101 - only called while it runs
        # The generator's fault handler then prints where it is, even out of an endless loop.
        self._child.send_signal(signal.SIGUSR1)
        time.sleep(1)
        self._child.kill()
        self._child.wait()
        listener.join(1)
        frames = [(file, int(line)) for file, line, _ in _FRAME.findall("\n".join(self._complaints))]
        own = [frame for frame in frames if frame[0] in scenario_files] or [("", 0)]
        self._writer.emit(
            "scenario-failed",
            message=f"the scenario gave no sign of life for {SILENCE_LIMIT_S:.0f} s: an endless loop, or a wait outside gevent?",
            file=own[0][0],
            line=own[0][1],
            traceback="\n".join(f"{file}:{line}" for file, line in frames[:20]),
        )
        return EXIT_SCENARIO_FAILED

    def _last_words(self, fallback: str) -> str:
        return "the generator ended unexpectedly: " + ("\n".join(list(self._complaints)[-15:]) or fallback)
