"""Reading a child's output with limits: lines in time, no more than the end of its complaints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.adapters.lines import Tail, lines
from probe.lastbytes import LastBytes


@contextmanager
def child(text: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_lines_come_as_they_are_written() -> None:
    with child("print('a\\nb'); print('é \\udcff'.encode('utf-8', 'replace'))") as process:
        assert process.stdout
        assert list(lines(process.stdout, silence_s=20, total_s=60))[:2] == ["a", "b"]


def test_silence_has_an_end() -> None:
    with child("import time; print('a', flush=True); time.sleep(600)") as process:
        assert process.stdout
        found = lines(process.stdout, silence_s=2, total_s=600)
        assert next(found) == "a"
        with pytest.raises(TimeoutError):
            next(found)


def test_a_line_without_end_takes_no_memory() -> None:
    text = "import sys; [sys.stdout.write('x' * 1_000_000) for _ in range(40)]; print(); print('after')"
    with child(text) as process:
        assert process.stdout
        *first, last = lines(process.stdout, silence_s=20, total_s=60)
        assert last == "after"
        assert sum(map(len, first)) < 20_000_000


def test_megabytes_of_complaints_hold_nobody_up() -> None:
    with child("import sys; sys.stderr.write('x' * 20_000_000 + 'the end'); print('done')") as process:
        assert process.stdout
        assert process.stderr
        words = Tail(process.stderr)
        words.start()
        assert list(lines(process.stdout, silence_s=20, total_s=60)) == ["done"]
        assert words.text().endswith("the end")
        assert len(words.text()) <= 16_384


def test_the_probe_keeps_the_end_of_what_a_scenario_prints() -> None:
    kept = LastBytes(10)
    for _ in range(1000):
        kept.add(b"x" * 1000)
    kept.add("né".encode())
    assert kept.text() == "x" * 7 + "né"
