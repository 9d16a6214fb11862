"""What must hold for every place that the lab is used: architectures, old make and bash, line endings, no host paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.adapters.probe import _argv
from lab.adapters.rootfs import bootstrap_argv
from lab.model.apt import Source
from lab.model.images import IMAGES, architecture_of
from lab.model.topology import resolve
from lab.render.compose import render
from tests.golden.test_golden import CASES

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted({image.context for image in IMAGES.values()})
MAKEFILE = ROOT / "Makefile"
HOST_SCRIPTS = sorted(ROOT.glob(".ci/*"))  # what runs on the user's machine; scripts in images run on Debian


def build_files() -> list[Path]:
    """Return what images are built from and by, as far as it is code."""
    folders = [ROOT / folder for folder in DOCKERFILES]
    texts = [path for folder in folders for path in folder.rglob("*") if path.is_file() and is_script(path)]
    return [*texts, *(ROOT / "lab/adapters" / name for name in ("build.py", "rootfs.py", "images_store.py"))]


def is_script(path: Path) -> bool:
    return path.name == "Dockerfile" or path.suffix == ".sh" or path.read_bytes()[:2] == b"#!"


def code_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.lstrip().startswith("#")]


# ── amd64 and arm64 ──────────────────────────────────────────────────────────────────────────────────────────────

ARCHITECTURE = re.compile(
    r"amd64|x86[_-]?64|i[36]86|arm64|armhf|aarch64|GOARCH|GOAMD64|--platform|linux/", re.IGNORECASE
)
DOWNLOAD = re.compile(r"\b(curl|wget)\b.*\bhttps?://|^\s*ADD\s+http", re.IGNORECASE)


def test_no_build_is_tied_to_an_architecture() -> None:
    assert {path.name for path in build_files()} > {"Dockerfile", "bake.sh", "web-entrypoint", "rootfs.py"}
    tied = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in build_files()
        for line in code_lines(path)
        if ARCHITECTURE.search(line) and "dpkg --print-architecture" not in line  # asked, not assumed
    ]
    assert not tied


def test_no_build_downloads_a_program_for_one_architecture() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in build_files()
        for line in code_lines(path)
        if DOWNLOAD.search(line)
    ]
    assert not found


@pytest.mark.parametrize("folder", DOCKERFILES)
def test_every_image_starts_from_ours_or_from_one_for_all_architectures(folder: str) -> None:
    text = (ROOT / folder / "Dockerfile").read_text(encoding="utf-8")
    stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", text, re.MULTILINE)
    own = {name for _, name in stages if name}
    assert stages
    assert {base for base, _ in stages} <= {"${BASE}", "${WEB}", "${ROOTFS}", *own}
    defaults = re.findall(r"^ARG (?:BASE|WEB|ROOTFS)=(\S+)$", text, re.MULTILINE)
    assert set(defaults) <= {"debian:trixie-slim"}


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_the_root_file_system_is_made_for_the_engines_architecture(machine: str, name: str) -> None:
    assert architecture_of(machine) == name
    source = Source(uri="http://mirror.test/debian", suite="trixie", components=("main",))
    argv = bootstrap_argv("trixie", [source], architecture_of(machine))
    assert f"--architectures={name}" in argv
    assert argv[-3:] == ["trixie", "-", "-"]


def test_wheels_of_the_probe_that_one_architecture_lacks_are_compiled_there() -> None:
    text = (ROOT / "probe/Dockerfile").read_text(encoding="utf-8")
    assert re.search(r'"\$\(dpkg --print-architecture\)" != amd64 \]; then apt-get install .* gcc ', text)


# ── old make, old bash, other systems' tools ─────────────────────────────────────────────────────────────────────

# Newer than GNU make 3.81, the last one that macOS has. Source: the NEWS file of GNU make.
NEW_IN_MAKE = {
    "3.82: .ONESHELL": ".ONESHELL:",
    "3.82: .SHELLFLAGS": ".SHELLFLAGS = -ec",
    "3.82: private": "test: private X := 1",
    "3.82: undefine": "undefine X",
    "3.82: define with an operator": "define X :=",
    "4.0: shell assignment": "X != date",
    "4.0: POSIX assignment": "X ::= 1",
    "4.0: file": "X := $(file <name)",
    "4.0: load": "load mk.so",
    "4.0: output-sync": "\t$(MAKE) --output-sync=target all",
    "4.2: .SHELLSTATUS": "X := $(.SHELLSTATUS)",
    "4.3: grouped targets": "a b &: c",
    "4.3: .EXTRA_PREREQS": ".EXTRA_PREREQS = x",
    "4.4: let": "X := $(let a,1,$a)",
    "4.4: intcmp": "X := $(intcmp 1,2)",
}
MAKE_RULE = re.compile(
    r"^\.(ONESHELL|EXTRA_PREREQS|NOTINTERMEDIATE|WAIT)\b|\.SHELLFLAGS|\.SHELLSTATUS|:\s*private\s|^undefine\s|^load\s"
    r"|^define\s+\S+\s*[:?+]?=|^[A-Za-z_.]+\s*(!=|:::?=)|\$\((file|guile|let|intcmp)\s|--output-sync|&:"
)
# Newer than bash 3.2, or not in POSIX sh. Source: the NEWS file of bash.
NEW_IN_BASH = {
    "4.0: associative arrays": "declare -A seen",
    "4.0: mapfile": "mapfile -t lines < file",
    "4.0: readarray": "readarray lines",
    "4.0: case change": "echo ${name,,} ${name^^}",
    "4.0: both streams appended": "make &>> log",
    "4.0: both streams piped": "make |& tee log",
    "4.0: coproc": "coproc cat",
    "4.0: fall through": "  a) x ;;&",
    "4.0: globstar": "shopt -s globstar",
    "4.2: is set": "[[ -v name ]]",
    "4.2: time format": "printf '%(%F)T' -1",
    "4.2: lastpipe": "shopt -s lastpipe",
    "4.3: wait for any": "wait -n",
    "4.3: reference": "local -n other=$1",
    "4.3: negative index": "echo ${list[-1]}",
    "4.4: transformation": "echo ${name@Q}",
    "5.0: EPOCHSECONDS": "echo $EPOCHSECONDS",
    "5.3: no fork": "x=${ date; }",
}
BASH_RULE = re.compile(
    r"\b(declare|local|typeset)\s+-\w*[An]\b|\b(mapfile|readarray|coproc)\b|\$\{\w+(,|\^)|&>>|\|&|;;?&"
    r"|shopt\s+-s\s+(globstar|lastpipe)|\[\[\s+-v\s|%\([^)]*\)T|\bwait\s+-n\b|\$\{\w+\[-|\$\{\w+@|\$\{ "
    r"|\bEPOCH(SECONDS|REALTIME)\b"
)
# Options that only the GNU tools have; macOS has BSD's.
GNU_TOOLS = {
    "sed in place": "sed -i 's/a/b/' file",
    "resolved link": "readlink -f x",
    "date of a text": "date -d yesterday",
    "Perl patterns": "grep -P '\\d' file",
    "no empty run": "docker ps -q | xargs -r docker rm",
    "stat format": "stat -c %s file",
    "all but the last": "head -n -1 file",
    "GNU programs": "timeout 5 nproc",
}
GNU_RULE = re.compile(
    r"\bsed\s+(-\w+\s+)*-i\s+'|\breadlink\s+-\w*f|\bdate\s+(-d|--date)\b|\bgrep\s+-\w*P|\bxargs\s+(-\w+\s+)*-\w*r\b"
    r"|\bstat\s+(-c|--format)\b|\bhead\s+-n\s*-\d|\b(timeout|nproc|setsid|realpath)\s"
)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        *((MAKE_RULE, line) for line in NEW_IN_MAKE.values()),
        *((BASH_RULE, line) for line in NEW_IN_BASH.values()),
        *((GNU_RULE, line) for line in GNU_TOOLS.values()),
    ],
)
def test_the_rules_know_what_is_new(rule: re.Pattern[str], line: str) -> None:
    assert rule.search(line)


def test_the_makefile_needs_no_more_than_make_3_81() -> None:
    assert not [line for line in code_lines(MAKEFILE) if MAKE_RULE.search(line)]
    assert not [line for line in code_lines(MAKEFILE) if GNU_RULE.search(line)]


def test_recipes_are_indented_by_tabs() -> None:
    assert not [line for line in MAKEFILE.read_text(encoding="utf-8").splitlines() if line.startswith(" ")]


@pytest.mark.parametrize("path", HOST_SCRIPTS, ids=lambda path: path.name)
def test_scripts_for_the_users_machine_need_no_more_than_bash_3_2(path: Path) -> None:
    if not is_script(path):
        assert path.suffix in {".yaml", ".toml"}
        return
    assert not [line for line in code_lines(path) if BASH_RULE.search(line) or GNU_RULE.search(line)]
    assert path.read_text(encoding="utf-8").partition("\n")[0] in {"#!/bin/sh", "#!/usr/bin/env bash"}


# ── line endings ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_checkout_has_line_feeds() -> None:
    """What git makes of the rule, also with core.autocrlf, is tried in tests/integration/test_line_endings.py."""
    text = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    first, *others = [line for line in text.splitlines() if not line.startswith("#")]
    assert first == "* text=auto eol=lf"
    assert not [line for line in others if "eol=crlf" in line or line.startswith("* ")]


def test_no_script_of_an_image_has_carriage_returns() -> None:
    assert not [path for path in build_files() if b"\r" in path.read_bytes()]


# ── no host paths: the engine may be in a VM, from snap, or see /mnt/c ───────────────────────────────────────────

TOPOLOGIES: list[dict[str, Any]] = [
    *CASES.values(),
    {"replicas": 8, "cache_nodes": 3, "db_replicas": 4},
    {"stage": "cached", "sessions": "files", "store": "local"},
]


@pytest.mark.parametrize("options", TOPOLOGIES, ids=str)
def test_no_compose_file_mounts_or_reads_a_path_of_the_host(options: dict[str, Any]) -> None:
    document = yaml.safe_load(render(resolve(options)).text)
    assert set(document) <= {"name", "services", "networks", "volumes", "configs"} | {
        key for key in document if key.startswith("x-")
    }
    mounted = set()
    for name, service in document["services"].items():
        assert not set(service) & {"build", "env_file", "extends", "secrets", "devices", "develop"}, name
        for volume in service.get("volumes", []):
            source, target, *_ = volume.split(":")
            assert source in document["volumes"], f"{name}: {volume}"
            assert target.startswith("/")
            mounted.add(source)
    assert mounted == set(document["volumes"])
    assert all(not volume for volume in document["volumes"].values()), "no driver option names a path"
    assert all(set(config) == {"content"} for config in document.get("configs", {}).values())


def test_the_measuring_container_mounts_no_path_of_the_host() -> None:
    argv = _argv("some-lab", "name")
    sources = [
        argv[place + 1].partition(":")[0] for place, word in enumerate(argv) if word in {"--volume", "-v"}
    ]
    assert sources == ["some-lab_credentials"]
    assert not [word for word in argv if word.startswith("--mount") or word == "--device"]


def test_nothing_else_of_the_lab_mounts() -> None:
    """Every `docker run` is in the probe's adapter and in the doctor's; a mount elsewhere would not be seen above."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "lab").rglob("*.py")
        if re.search(r"[\"'](--volume|-v|--mount)[\"'=]", path.read_text(encoding="utf-8"))
        and "docker" in path.read_text(encoding="utf-8")
    }
    assert found <= {"lab/adapters/probe.py", "lab/cli/down.py"}
