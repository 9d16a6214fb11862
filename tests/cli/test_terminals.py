"""Any terminal, none, and any encoding: readable, nothing garbled, no traceback. No engine needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.model.run import to_document
from tests import terminals
from tests.terminals import ESCAPE, NO_UTF8, TRACEBACK, fits, without_codes
from tests.unit.run_samples import bench, replica_sweep

LINES = {
    "--help": 0,
    "up --help": 0,
    "scenarios": 0,
    "runs": 0,
    "status": 3,
    "ls": 3,
    "up --replcas 3": 2,
    "bench nope": 2,
    "ps": 2,
}  # line: exit code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two kept runs."""
    for run in (replica_sweep(id="20260101-0700-a"), bench(id="20260101-0800-b", name="mine")):
        kept = tmp_path / "lab" / "runs" / run.id
        kept.mkdir(parents=True)
        (kept / "run.json").write_text(json.dumps(to_document(run)))
    return tmp_path


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME"}}
    return {
        **kept,
        "DOCKER_HOST": f"unix://{folder}/none.sock",
        "LAB_DIR": str(folder / "lab"),
        "LC_ALL": "C.UTF-8",
        **more,
    }


def piped(folder: Path, line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return terminals.piped(folder, line, environment(folder, **more))


def on_terminal(folder: Path, line: str, *, columns: int, **more: str) -> str:
    return terminals.on_terminal(folder, line, environment(folder, **more), columns=columns)


@pytest.mark.parametrize("encoding", NO_UTF8)
@pytest.mark.parametrize("line", LINES)
def test_without_utf8_there_are_stand_ins(folder: Path, line: str, encoding: str) -> None:
    done = piped(folder, line, **NO_UTF8[encoding])
    shown = (done.stdout + done.stderr).decode("latin-1" if encoding == "latin-1" else "ascii")
    assert TRACEBACK not in shown
    assert "?" not in shown.replace("did you mean", "").replace('"?)', "").replace("'?", ""), shown
    assert done.returncode == LINES[line]


def test_without_utf8_a_document_loses_nothing(folder: Path) -> None:
    shown = piped(folder, "scenarios --json", **NO_UTF8["ascii"]).stdout
    assert json.loads(shown.decode("ascii")) == json.loads(piped(folder, "scenarios --json").stdout)


def test_without_utf8_an_argument_is_repeated_as_far_as_it_can_be(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "status", "--lab", b"caf\xc3\xa9\xff"], capture_output=True, check=False,
        env=environment(folder, **NO_UTF8["c-locale"]),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: --lab: must be")
    assert TRACEBACK.encode() not in done.stderr


@pytest.mark.parametrize("line", LINES)
def test_without_a_terminal_there_are_no_codes(folder: Path, line: str) -> None:
    done = piped(folder, line)
    assert ESCAPE.encode() not in done.stdout + done.stderr
    assert TRACEBACK.encode() not in done.stderr


@pytest.mark.parametrize("line", LINES)
def test_forty_columns_are_enough(folder: Path, line: str) -> None:
    shown = without_codes(on_terminal(folder, line, columns=40))
    assert TRACEBACK not in shown
    assert shown.strip()
    assert fits(shown, 40), shown


@pytest.mark.parametrize("columns", ["40", "132"])
def test_columns_are_asked_for_in_the_environment(folder: Path, columns: str) -> None:
    for line in ("--help", "scenarios"):
        shown = piped(folder, line, COLUMNS=columns).stdout.decode()
        assert fits(shown, int(columns))
        assert not fits(shown, min(int(columns), 110) - 6)


@pytest.mark.parametrize("line", ["--help", "up --help"])
@pytest.mark.parametrize("columns", [40, 80, 132])
def test_frames_are_whole(folder: Path, line: str, columns: int) -> None:
    shown = without_codes(on_terminal(folder, line, columns=columns))
    framed = [each for each in shown.splitlines() if each[:1] in set("╭│╰")]
    assert len(framed) > 10
    assert len({len(each) for each in framed}) == 1
    assert all(each[-1] in "╮│╯" for each in framed)


def test_the_first_page_has_its_panels_and_the_exit_codes(folder: Path) -> None:
    shown = piped(folder, "--help").stdout.decode()
    for words in (
        "Start and change a lab",
        "Measure",
        "This machine",
        "Options",
        "Exit codes: 0 ok",
        "--lab NAME",
    ):
        assert words in shown
    assert "Topology" in piped(folder, "up --help").stdout.decode()


@pytest.mark.parametrize("line", ["--help", "scenarios"])
def test_colours_are_for_terminals_that_want_them(folder: Path, line: str) -> None:
    assert ESCAPE in on_terminal(folder, line, columns=80)
    assert ESCAPE not in on_terminal(folder, line, columns=80, NO_COLOR="1")
    plain = without_codes(on_terminal(folder, line, columns=80))
    assert on_terminal(folder, line, columns=80, NO_COLOR="1") == plain


@pytest.mark.parametrize("line", LINES)
def test_a_dumb_terminal_gets_no_codes(folder: Path, line: str) -> None:
    shown = on_terminal(folder, line, columns=80, TERM="dumb")
    assert shown.strip()
    assert ESCAPE not in shown
    assert TRACEBACK not in shown
