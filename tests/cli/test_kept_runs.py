"""Result folders that are truncated, newer, huge, binary or read-only; a full disk. The other runs stay readable."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lab.adapters import results
from lab.adapters.results import ResultsFolder
from lab.adapters.scratch import scratch_folder
from lab.cli.main import guarded
from lab.cli.state import GLOBALS
from lab.errors import MachineNotReady
from lab.model.run import to_document
from tests.unit.run_samples import bench

GOOD = json.dumps(to_document(bench(id="20260101-0800-good", name="mine")))


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.chdir(tmp_path)
    ResultsFolder().save("20260101-0800-good", {"run.json": GOOD})
    yield
    GLOBALS.as_json = False


BROKEN: dict[str, bytes | None] = {
    "truncated": GOOD.encode()[: len(GOOD) // 2],
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "utf-16": GOOD.encode("utf-16"),
    "a list": b"[]",
    "null": b"null",
    "newer": GOOD.replace("lab.run/1", "lab.run/2").replace('"mine"', '"newer"').encode(),
    "no schema": b"{}",
    "nested": b"[" * 100_000,
    "long number": b'{"schema": "lab.run/1", "seed": ' + b"9" * 5000 + b"}",
    "missing": None,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_run_is_named_and_the_others_are_listed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lab/runs/20260101-0900-broken"
    folder.mkdir()
    content = BROKEN[kind]
    if content is not None:
        (folder / "run.json").write_bytes(content)
    assert guarded(["runs", "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert [run["id"] for run in document["runs"]] == ["20260101-0800-good"]
    assert len(document["skipped"]) == 1
    assert shown.err.count("skipped ") == 1
    assert "20260101-0900-broken" in shown.err
    GLOBALS.as_json = False
    for reference in ("last", "20260101-09"):
        assert guarded(["report", reference]) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert guarded(["report", "mine"]) == 0  # found by its name beside the broken one


def test_a_huge_run_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lab/runs/20260101-0900-huge"
    folder.mkdir()
    with (folder / "run.json").open("wb") as file:
        file.truncate(results.MAX_BYTES + 1)  # a hole: it takes no space
    assert guarded(["runs"]) == 0
    assert "200 MB" in capsys.readouterr().err
    assert guarded(["report", "last"]) == 2
    assert "20260101-0900-huge" in capsys.readouterr().err


def test_runs_where_a_file_is_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(tmp_path / "lab/runs")
    (tmp_path / "lab/runs").write_text("not a folder")
    assert guarded(["runs"]) == 0
    with pytest.raises(MachineNotReady, match="cannot write the result"):
        ResultsFolder().save("x", {"run.json": "{}"})


def test_a_draft_of_a_killed_command_goes_with_the_next_result(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    for name in (f".draft-a-{dead.pid}", f".draft-b-{os.getpid()}"):
        (tmp_path / "lab/runs" / name).mkdir()
    ResultsFolder().save("20260101-0900-next", {"run.json": GOOD})
    left = {path.name for path in (tmp_path / "lab/runs").iterdir() if path.name.startswith(".")}
    assert left == {f".draft-b-{os.getpid()}"}


as_somebody = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only root can become somebody else, with setpriv",
)


@as_somebody
@pytest.mark.parametrize(
    ("line", "code", "words"),
    [("runs", 0, ""), ("report good", 2, "RUN"), ("report mine", 3, "cannot write the report"), ("report mine --out own/x.html", 0, "")],
    ids=["runs", "unknown", "beside-the-run", "elsewhere"],
)  # fmt: skip
def test_a_read_only_result_folder(tmp_path: Path, line: str, code: int, words: str) -> None:
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="readonly-"))
    try:
        shutil.copytree(tmp_path / "lab", folder / "lab")
        (folder / "own").mkdir()
        (folder / "own").chmod(0o777)
        folder.chmod(0o755)
        become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", sys.executable]
        if subprocess.run(
            [*become, "-c", "import lab.cli.main"], capture_output=True, check=False
        ).returncode:
            pytest.skip("the checkout cannot be read by another user")
        done = subprocess.run(
            [*become, "-m", "lab", *line.split()], capture_output=True, text=True, check=False, cwd=folder,
            env={**os.environ, "LAB_DIR": str(folder / "lab"), "HOME": str(folder / "own"), "XDG_CACHE_HOME": ""},
        )  # fmt: skip
    finally:
        shutil.rmtree(folder)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB with nothing left on it."""
    place = tmp_path / "full"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs root and the right to mount")
    try:
        with (place / "filling").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_keeps_no_half_of_a_result(full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DIR", str(full_disk))
    with pytest.raises(MachineNotReady) as caught:
        ResultsFolder().save("20260101-0900-x", {"run.json": GOOD * 20})
    assert "No space left on device" in caught.value.message
    assert "LAB_DIR" in caught.value.hint
    assert not list((full_disk / "runs").glob("*"))


def test_a_report_on_a_full_disk_is_3(full_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(["report", "mine", "--out", str(full_disk / "x.html")]) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in full_disk.iterdir()] == ["filling"]


def test_a_full_temporary_folder_is_3(full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(full_disk))
    with pytest.raises(MachineNotReady) as caught, scratch_folder() as folder:
        (folder / "compose.yaml").write_text("x" * 10_000)
    assert "TMPDIR" in caught.value.message
    assert "No space left on device" in caught.value.message
    assert [path.name for path in full_disk.iterdir()] == ["filling"]


def test_no_temporary_folder_at_all_is_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(MachineNotReady, match="TMPDIR"), scratch_folder():
        pytest.fail("there is no folder")
