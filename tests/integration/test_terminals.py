"""`lab status` and `lab ls` of a real lab: on narrow terminals, without UTF-8, and beside containers of others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.tiers.base import image
from tests.docker_lab import docker, lab, lab_json, own, running
from tests.terminals import ESCAPE, NO_UTF8, TRACEBACK, fits, on_terminal, piped, without_codes

pytestmark = pytest.mark.docker
NAME = own("terminals")
ENV = {**os.environ, "LC_ALL": "C.UTF-8", "LAB_NAME": NAME}
_LOADED = """
import json, sys
from lab.cli.main import guarded
code = guarded(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module", autouse=True)
def _lab(docker_and_images: None) -> Iterator[None]:
    with running(NAME, "--stage", "single", "--replicas", "1"):
        yield


@contextmanager
def stranger(name: str, *, run: bool = False, **labels: str) -> Iterator[str]:
    """Have a container of somebody else that carries labels of ours, written with _ for the dot."""
    words = [
        word for key, value in labels.items() for word in ("--label", f"{key.replace('_', '.')}={value}")
    ]
    container = own(name)
    try:
        docker(*(["run", "--detach"] if run else ["create"]), "--name", container, "--network", "none", *words,
               "--entrypoint", "sleep", image("web"), "600")  # fmt: skip
        yield container
    finally:
        docker("rm", "--force", container)


@pytest.mark.parametrize("line", ["status", "ls"])
@pytest.mark.parametrize("columns", [40, 80])
def test_a_lab_on_a_terminal(tmp_path: Path, line: str, columns: int) -> None:
    shown = on_terminal(tmp_path, line, ENV, columns=columns)
    assert TRACEBACK not in shown
    assert fits(without_codes(shown), columns), shown
    assert (ESCAPE in shown) == (line == "status")
    for words in ["web-1", "db-primary", "MySQL primary"] if line == "status" else [NAME, "1 web"]:
        assert words in without_codes(shown)


@pytest.mark.parametrize("encoding", NO_UTF8)
@pytest.mark.parametrize("line", ["status", "ls"])
def test_a_lab_without_utf8(tmp_path: Path, line: str, encoding: str) -> None:
    done = piped(tmp_path, line, {**ENV, **NO_UTF8[encoding]})
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode("latin-1" if encoding == "latin-1" else "ascii")
    assert "?" not in shown
    assert "web" in shown


def test_looking_loads_neither_the_docker_sdk_nor_rich(tmp_path: Path) -> None:
    for words in (["status"], ["ls"], ["status", "--json"]):
        done = subprocess.run(
            [sys.executable, "-c", _LOADED, *words],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env=ENV,
        )
        code, modules = json.loads(done.stderr.splitlines()[-1])
        assert code == 0
        assert not {"docker", "requests", "rich", "pydantic", "plotly"} & set(modules)


def test_a_container_of_others_with_the_labs_name_is_told_and_left_alone() -> None:
    with stranger("other", lab_name=NAME) as container:
        for line in ("status", "ls"):
            done = lab(line, "--lab", NAME)
            assert f"container {container} is no lab's and stays untouched: lab.name" in done.stderr
        assert container not in {c["name"] for c in lab_json("status", "--lab", NAME)["containers"]}
    with stranger("alone", lab_name=own("alone")) as container:
        lab("down", "--lab", own("alone"))
        assert docker("inspect", "--format", "{{.Name}}", container) == f"/{container}"
        assert own("alone") not in {row["lab"] for row in lab_json("ls")["labs"]}


def test_a_label_that_is_no_name_is_told() -> None:
    with stranger("odd", lab_name="Not A Lab; rm -rf /") as container:
        done = lab("ls")
        assert f"container {container} is no lab's" in done.stderr
        assert "'Not A Lab; rm -rf /' is no lab's name" in done.stderr
        assert "Not A Lab" not in done.stdout


@pytest.mark.parametrize("text", ["[[no JSON", '{"of a later": "lab"}'])
def test_a_topology_that_cannot_be_read_is_told(text: str) -> None:
    name = own("unreadable")
    labels = {"lab_name": name, "lab_tier": "web", "lab_spec": "0", "lab_topology": text}
    with stranger("unreadable", run=True, **labels):
        done = lab("status", "--lab", name, check=False)
        assert done.returncode == 4
        assert "unknown topology" in done.stdout
        assert "lab.topology: this label of the lab is missing or cannot be read" in done.stderr
        assert "leftovers" in lab("ls").stdout
