"""Run the generator's processes and bound them: a scenario that hangs is stopped and blamed by file and line."""

import json
import select
import signal
import time
from collections.abc import Sequence
from typing import Final

from probe.child import Child
from probe.latency import Latencies
from probe.merge import MERGED, Merged, Merger
from probe.watch import Watch
from probe.wire import Writer, encode

# The generator says something every second, and waits for no response longer than 20 s.
SILENCE_LIMIT_S: Final = 20.0
# Silence is counted in turns: a probe that was frozen itself has missed one turn, whatever the clock says.
TURN_S: Final = 1.0
# What verification and the end of the last requests may need beyond the planned time.
MARGIN_S: Final = 240.0
LEAD_S: Final = 0.1  # until the load begins: all processes must have heard of it by then
EXIT_OK: Final = 0
EXIT_BUG: Final = 1
EXIT_SCENARIO_FAILED: Final = 5
_FAILURES: Final = ("scenario-failed", "verify-failed")
_EDGES: Final = {"measure": "start", "drain": "end"}


class Supervisor:
    """Makes one stream of events of all processes' for the probe's output, and watches over them.

    The first process that fails ends all: what the others do is not the load that was asked for.
    """

    def __init__(self, writer: Writer, watch: Watch) -> None:
        self._writer = writer
        self._watch = watch
        self._children: Sequence[Child] = ()

    def run(self, job_text: str, processes: int, planned_s: float, scenario_files: set[str]) -> int:
        """Run one job's load and return the probe's exit code."""
        self._children = [Child(number, processes) for number in range(processes)]
        self._merger = Merger(processes, Latencies)
        line = json.dumps(json.loads(job_text))
        for child in self._children:
            child.send(line)
        try:
            return self._serve(time.monotonic() + planned_s + MARGIN_S, scenario_files)
        finally:
            for child in self._children:
                child.kill()

    def _serve(self, deadline_s: float, scenario_files: set[str]) -> int:
        """Serve the processes until all have ended or one has failed."""
        talking, before_s = list(self._children), time.monotonic()
        while talking:
            heard = select.select([child.output for child in talking], [], [], TURN_S)[0]
            now_s = time.monotonic()
            turn_s, before_s = min(TURN_S, now_s - before_s), now_s
            for child in list(talking):
                child.silent_s += 0.0 if child.is_waiting else turn_s
                if child.output in heard and not self._hear(child):
                    talking.remove(child)
                    code = self._code(child)
                    if code != EXIT_OK:
                        return code
                elif now_s >= deadline_s or child.silent_s >= SILENCE_LIMIT_S:
                    return self._blame_silence(child, scenario_files)
        return EXIT_OK

    def _hear(self, child: Child) -> bool:
        """Take what a process says; return False when it has said its last word."""
        child.silent_s = 0.0
        for line in child.lines():
            if self._take(child, line) in _FAILURES:
                return False
        return not child.is_silenced

    def _take(self, child: Child, line: bytes) -> str:
        """Take one event and return its kind."""
        try:
            event = json.loads(line)
            kind = str(event["event"])
        except (ValueError, LookupError, TypeError):
            return ""  # a scenario got hold of the pipe
        if kind in MERGED:
            child.has_tally = child.has_tally or kind == "tally"
            for merged in self._merger.add(child.number, event):
                self._emit(merged)
        elif kind == "waiting":
            child.is_waiting = True
            self._begin_together()
        elif kind != "alive":
            self._writer.forward(line + b"\n")
        return kind

    def _emit(self, merged: Merged) -> None:
        edge = _EDGES.get(str(merged.fields.get("phase"))) if merged.event == "phase" else None
        if edge:
            self._watch.signal_edge(edge)
        self._writer.forward(encode(merged.event, merged.t_s, merged.fields))

    def _begin_together(self) -> None:
        """Let the load begin once every process is ready for it."""
        if not all(child.is_waiting for child in self._children):
            return
        begins_s = time.monotonic() + LEAD_S
        for child in self._children:
            child.is_waiting = False
            child.send(repr(begins_s))

    def _code(self, child: Child) -> int:
        """Return the probe's exit code after a process has ended; tell why it ended, if it did not itself."""
        code = child.end()
        if code == EXIT_SCENARIO_FAILED or (code == EXIT_OK and child.has_tally):
            return code
        if code == EXIT_BUG and "Traceback" in child.words():
            message = "the generator ended unexpectedly: " + child.words(15)
            self._writer.emit("problem", tier="generator", target="probe", message=message)
            return EXIT_BUG
        why = f"ended with {code}" if code >= 0 else f"was killed by signal {-code}"
        guess = (
            "does it take too much memory?" if code == -signal.SIGKILL else "does it call os._exit or abort?"
        )
        words = child.words(5)
        message = f"the scenario's {child.name} {why} before the result: {guess}"
        return self._fail(message + (f"\n{words}" if words else ""))

    def _blame_silence(self, child: Child, scenario_files: set[str]) -> int:
        frames = child.where()
        own = [frame for frame in frames if frame[0] in scenario_files]
        return self._fail(
            f"the scenario gave no sign of life for {SILENCE_LIMIT_S:.0f} s: an endless loop, or a wait outside gevent?",
            own[0] if own else ("", 0),
            "\n".join(f"{file}:{line}" for file, line in frames[:20]),
        )

    def _fail(self, message: str, where: tuple[str, int] = ("", 0), traceback: str = "") -> int:
        self._writer.emit(
            "scenario-failed", message=message, file=where[0], line=where[1], traceback=traceback
        )
        return EXIT_SCENARIO_FAILED
