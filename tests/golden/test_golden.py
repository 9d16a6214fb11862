"""Whole rendered compose files, compared with reviewed ones. `make golden` rewrites them; review the diff."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.model.topology import resolve
from lab.render.compose import render

HERE = Path(__file__).parent
CASES: dict[str, dict[str, Any]] = {
    "single": {"stage": "single"},
    "balanced": {"stage": "balanced"},
    "shared": {"stage": "shared"},
    "cached": {"stage": "cached"},
    "full": {},
    "sticky-random": {"stage": "balanced", "sessions": "sticky", "balance": "random"},
    "two-caches-semisync": {
        "replicas": 5, "cache_nodes": 2, "db_replicas": 1, "durability": "semisync", "web_cpu": 0.2, "balance": "source",
    },
    "own-subnet": {"stage": "balanced", "replicas": 2, "subnet": "10.77.0.0/22"},
    "single-with-store": {"stage": "single", "store": "s3", "sessions": "cache"},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    text = render(resolve(CASES[name])).text
    path = HERE / f"{name}.yaml"
    if os.environ.get("LAB_REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_every_golden_file_is_yaml_1_1(name: str) -> None:
    topology = resolve(CASES[name])
    document = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    assert [s.name for s in render(topology).services] == list(document["services"])
    assert set(document["networks"]) == {"edge", "web", "data"}
    for service in document["services"].values():
        assert service["pull_policy"] == "never"
        assert service["cap_drop"] == ["ALL"]
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", CASES)
def test_what_configs_puts_in_is_known_as_files(name: str) -> None:
    """`lab` writes them before a start, since some releases of compose would only do so while they start a container."""
    bundle = render(resolve(CASES[name]))
    document = yaml.safe_load(bundle.text)
    listed = {
        (service, entry["target"], document["configs"][entry["source"]]["content"].replace("$$", "$").strip())
        for service, values in document["services"].items()
        for entry in values.get("configs", [])
    }
    known = {
        (service, path, "\n".join(line.rstrip() for line in text.splitlines()).strip())
        for service, files in bundle.files.items()
        for path, text in files.items()
    }
    assert known == listed
    assert bool(known) == ("balancer" in document["services"])


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert render(resolve({})).text == render(resolve({})).text


def test_scaling_web_leaves_other_services_alone() -> None:
    three, five = (render(resolve({"replicas": n})) for n in (3, 5))
    old = {s.name: s.spec for s in three.services}
    assert {s.name for s in five.services if old.get(s.name) != s.spec} == {"web-4", "web-5"}


def test_adding_a_db_replica_leaves_web_alone() -> None:
    one, two = (render(resolve({"db_replicas": n})) for n in (1, 2))
    old = {s.name: s.spec for s in one.services}
    assert {s.name for s in two.services if old.get(s.name) != s.spec} == {"db-replica-2"}
