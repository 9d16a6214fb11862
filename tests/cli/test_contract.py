"""The command line's contract: exit codes, one JSON document, streams, and errors that help. No engine needed."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli.main import guarded, hoist_globals
from lab.cli.state import GLOBALS
from lab.errors import LabError

# The docker SDK leaves its socket to the garbage collector when no engine answers; one command is one process, so it goes.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    GLOBALS.lab, GLOBALS.as_json, GLOBALS.is_quiet, GLOBALS.is_debug = "lab", False, False, False
    GLOBALS.has_document = False
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    monkeypatch.delenv("LAB_NAME", raising=False)
    monkeypatch.delenv("LAB_DIR", raising=False)
    yield
    gc.collect()


BAD: list[tuple[str, list[str]]] = [
    ("up --replicas 0", ["--replicas", "1 to 32", "0"]),
    ("up --replicas x", ["--replicas", "'x'"]),
    ("up --replcas 3", ["--replcas", "--replicas"]),
    ("up --balance leastcon", ["--balance", "leastconn"]),
    ("up --stage sngle", ["--stage", "single"]),
    ("up --port 0", ["--port", "65535", "0"]),
    ("up --port web", ["--port", "'web'"]),
    ("up --balance none --replicas 2", ["--balance none", "--replicas"]),
    ("up --cache-nodes 0", ["--cache-nodes 0", "--cache aside"]),
    ("up --topology no.toml", ["--topology", "no.toml", "no such file"]),
    ("up --topology .", ["--topology", "folder"]),
    ("up extra", ["extra"]),
    ("compose --db-replicas 9", ["--db-replicas", "0 to 8", "9"]),
    ("compose --app .", ["--app"]),
    ("scale web", ["'web'", "TIER=N"]),
    ("scale web=-1", ["web=-1"]),
    ("scale wbe=2", ["'wbe'", "web"]),
    ("scale web=2 web=3", ["twice"]),
    ("bench nope", ["nope", "read-heavy"]),
    ("bench read-heavi", ["read-heavy"]),
    ("bench read-heavy --duration 0", ["--duration", "'0'"]),
    ("bench read-heavy --duration soon", ["--duration", "soon"]),
    ("bench read-heavy --users 0", ["--users", "0"]),
    ("bench read-heavy --repeat 0", ["--repeat"]),
    ("sweep read-heavy", ["several values"]),
    ("sweep read-heavy --stage full..single", ["--stage", "single"]),
    ("sweep read-heavy --stage single..full --replicas 1..2 --users 4,8", ["several"]),
    ("sweep read-heavy --stage full --replicas 4..1", ["--replicas", "4..1"]),
    ("report nope", ["no runs", "lab bench"]),
    ("bnech read-heavy", ["bnech"]),
    ("ps", ["lab status"]),
    ("stop", ["lab down"]),
    ("exec", ["lab shell"]),
    ("status --lab Bad_Name", ["--lab", "Bad_Name"]),
    ("status --lab", ["--lab"]),
    ("images build nope", ["nope"]),
    ("images save", ["FILE"]),
    ("images save .", ["FILE", "folder"]),
    ("images save no/f.tar", ["FILE", "no such folder"]),
    ("images load no.tar", ["FILE", "no.tar", "no such file"]),
    ("images load .", ["FILE", "directory"]),
    ("logs --tail -1", ["--tail"]),
]


@pytest.mark.parametrize(("line", "words"), BAD, ids=[line for line, _ in BAD])
def test_bad_input_is_2_and_helps(line: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(line.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert "Traceback" not in shown.err
    for word in words:
        assert word in shown.err


@pytest.mark.parametrize(
    "line",
    [
        "up",
        "status",
        "ls",
        "bench read-heavy",
        "scale web=2",
        "down",
        "logs",
        "open",
        "shell web",
        "images save f.tar",
    ],
)
def test_no_engine_is_3(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(line.split()) == 3
    shown = capsys.readouterr()
    assert "engine" in shown.err
    assert "hint:" in shown.err
    assert "Traceback" not in shown.err


def test_json_errors_are_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["up", "--replicas", "0", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["exit_code"]) == ("lab.error/1", 2)


def test_compose_needs_no_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["compose", "--stage", "single", "--port", "8123"]) == 0
    assert "127.0.0.1:${LAB_PORT:-8123}:80" in capsys.readouterr().out
    assert guarded(["--json", "compose"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "lab.compose/1"


def test_scenarios_need_no_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["scenarios", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {s["name"] for s in document["scenarios"]} >= {
        "read-heavy",
        "write-heavy",
        "media",
        "sessions",
        "hot-key",
    }


def test_an_own_scenario_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    text = 'title="T"\nhypothesis="H"\nusers=1\nthink_s=0\nwarmup_s=1\nduration_s=1\ndata="reads"\nsweep="--replicas 1,2"\n[mix]\na=1\n'
    (folder / "mine.toml").write_text(text)
    (folder / "mine.py").write_text("")
    assert guarded(["scenarios", "mine"]) == 0
    assert "mine" in capsys.readouterr().out
    (folder / "mine.toml").write_text(text.replace("a=1", "a=0.5").replace("users", "usrs"))
    assert guarded(["scenarios", "mine"]) == 2
    shown = capsys.readouterr().err
    assert "usrs" in shown
    assert "users: missing" in shown
    (folder / "mine.toml").write_bytes(b"\xff\xfe")
    assert guarded(["scenarios", "mine"]) == 2
    (folder / "mine.py").unlink()
    assert guarded(["scenarios", "mine"]) == 2


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["--version"]) == 0
    assert capsys.readouterr().out.startswith("lab 0.")
    assert guarded([]) == 0
    assert "bench" in capsys.readouterr().out


def test_globals_may_stand_anywhere() -> None:
    assert hoist_globals(["up", "--lab", "a", "--replicas", "3", "--json", "--", "--json"]) == [
        "up",
        "--replicas",
        "3",
        "--",
        "--json",
    ]
    assert (GLOBALS.lab, GLOBALS.as_json) == ("a", True)


def test_lab_name_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_NAME", "from-env")
    hoist_globals(["status"])
    assert GLOBALS.lab == "from-env"


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["--lab", "--json", "--", "up", "--quiet", "--lab=x"]), st.text(max_size=8)
        ),
        max_size=6,
    )
)
def test_any_words_are_hoisted_or_refused(words: list[str]) -> None:
    try:
        hoist_globals(words)
    except LabError as error:
        assert error.exit_code == 2


def test_exit_codes_are_the_contract() -> None:
    from lab import errors

    wanted = {
        "BadInput": 2, "MachineNotReady": 3, "LabNotRunning": 4, "RunInvalid": 5, "NotComparable": 6, "TargetMissed": 7,
        "ImageBuildFailed": 8, "Interrupted": 130, "Terminated": 143,
    }  # fmt: skip
    assert {name: getattr(errors, name).exit_code for name in wanted} == wanted
