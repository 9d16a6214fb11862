"""One process of the generator, as its supervisor sees it."""

import re
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Final

from probe.lastbytes import LastBytes

PASSED_ON_BYTES: Final = 262_144
ENDING_S: Final = 20.0  # from the end of its output to the end of the process
_FRAME: Final = re.compile(r'File "([^"]+)", line (\d+),? in (\S+)')


class Child:
    """A generator process with its pipes.

    ``silent_s`` is for how long it has said nothing, ``is_waiting`` that it waits for the others, ``is_silenced`` that
    its output has been closed.
    """

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self.silent_s = 0.0
        self.is_waiting = False
        self.is_silenced = False
        self.has_tally = False
        self.name = "process" if count == 1 else f"process {number + 1} of {count}"
        self._rest = b""
        self._complaints = LastBytes()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "probe.generate", str(number), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdin and self._process.stdout and self._process.stderr  # noqa: S101, PT018 - pipes
        self._input, self.output = self._process.stdin, self._process.stdout
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()

    def send(self, line: str) -> None:
        """Send one line."""
        try:
            self._input.write(line.encode() + b"\n")
            self._input.flush()
        except OSError:
            pass  # it died already; its exit code and its last words tell why

    def lines(self) -> list[bytes]:
        """Return the whole lines that have come; the last ones when it is silenced."""
        chunk = self.output.read1(65536)
        self.is_silenced = not chunk
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Return its exit code once it has ended; it may not go on for long after its last word."""
        try:
            code = self._process.wait(timeout=ENDING_S)
        except subprocess.TimeoutExpired:
            self.kill()
            code = -signal.SIGKILL
        self._listener.join(1)
        return code

    def words(self, lines: int | None = None) -> str:
        """Return what it wrote to standard error, or its last ``lines``; of megabytes only the end."""
        text = self._complaints.text()
        return text if lines is None else "\n".join(text.splitlines()[-lines:])

    def where(self) -> list[tuple[str, int]]:
        """Kill it; return files and lines where it was."""
        # The generator's handlers then print where it is: the first out of an endless loop, the second out of a wait.
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            self._process.send_signal(number)
            time.sleep(1)
        self.kill()
        self._listener.join(1)
        return [(file, int(line)) for file, line, _ in _FRAME.findall(self._complaints.text())]

    def _listen(self, stream: IO[bytes]) -> None:
        """Keep the end of its standard error and pass the beginning on: a scenario's own prints end up there."""
        passed = 0
        while chunk := stream.read1(65536):  # type: ignore[attr-defined]
            self._complaints.add(chunk)
            if passed < PASSED_ON_BYTES:  # megabytes would only fill the engine's logs
                passed += len(chunk)
                sys.stderr.buffer.write(chunk)
                sys.stderr.buffer.flush()
