"""Topology and scenario files that are empty, huge, binary, no files at all, or cannot be read: code 2, with their name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cli.main import guarded
from lab.cli.state import GLOBALS

SCENARIO = 'title="T"\nhypothesis="H"\nusers=1\nthink_s=0\nwarmup_s=1\nduration_s=1\ndata="reads"\nsweep="--replicas 1,2"\n[mix]\na=1\n'


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    GLOBALS.lab, GLOBALS.as_json, GLOBALS.is_quiet, GLOBALS.is_debug = "lab", False, False, False
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    for name in ("LAB_NAME", "LAB_DIR"):
        monkeypatch.delenv(name, raising=False)
    return


BAD = {
    "binary": bytes(range(256)),
    "utf-16": SCENARIO.encode("utf-16"),
    "huge": b"# " + b"x" * 250_000,
    "not toml": b"replicas: 3\n",
    "nested": b"a = " + b"[" * 50_000,
    "long number": b"replicas = " + b"9" * 5000,
    "null bytes": b"\0" * 100,
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_topology_file_is_2(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.toml").write_bytes(BAD[kind])
    for command in ("compose", "up", "sweep read-heavy --users 1,2"):
        assert guarded([*command.split(), "--topology", "t.toml"]) == 2
        assert "t.toml" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [*BAD, "empty"])
@pytest.mark.parametrize("half", ["toml", "py"])
def test_a_bad_scenario_file_is_2(kind: str, half: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.toml").write_text(SCENARIO)
    Path("s.py").write_text("")
    Path(f"s.{half}").write_bytes(BAD.get(kind, b""))
    code = guarded(["scenarios", "./s.toml"])
    err = capsys.readouterr().err
    if half == "py" and kind not in {"binary", "utf-16", "huge"}:
        assert code == 0  # text that is no Python is told with its line when it runs
    else:
        assert code == 2
        assert f"s.{half}" in err


def test_an_empty_topology_file_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.toml").write_text("")
    assert guarded(["compose", "--topology", "t.toml"]) == 0
    with_file = capsys.readouterr().out
    assert guarded(["compose"]) == 0
    assert capsys.readouterr().out == with_file


@pytest.mark.parametrize("kind", ["folder", "pipe", "missing half", "endless"])
def test_what_is_no_file_is_2(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.py").write_text("")
    if kind == "folder":
        Path("s.toml").mkdir()
    elif kind == "pipe":
        os.mkfifo("s.toml")  # reading it would wait for ever
    elif kind == "endless":
        Path("s.toml").symlink_to("/dev/zero")
    assert guarded(["bench", "./s.toml"]) == 2
    assert "s.toml" in capsys.readouterr().err
    if kind in {"folder", "endless"}:
        assert guarded(["compose", "--topology", "s.toml"]) == 2
        assert "s.toml" in capsys.readouterr().err
