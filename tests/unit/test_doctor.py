"""The checks over facts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lab.adapters.room import cpu_ratios, free_memory, noise
from lab.model.diagnosis import as_document, checks
from lab.model.doctor import Check, Facts, version_tuple
from lab.model.doctor_machine import GIB

GOOD = Facts(
    has_docker=True,
    engine_version="26.1.5",
    api_version="1.45",
    compose_version="2.26.1-4",
    buildx_version="0.13.1",
    machine="vm (Debian)",
    cores=4,
    memory_bytes=16 * GIB,
    memory_free_bytes=10 * GIB,
    disk_free_bytes=50 * GIB,
    cgroup_version="2",
    has_cpu_quota=True,
    clock_skew_s=0.1,
    idle_ratio=0.97,
    steal_ratio=0.0,
    power="mains",
    free_port=8080,
    has_base=True,
)


def test_a_good_machine_has_nothing_to_do() -> None:
    found = checks(GOOD)
    assert {check.status for check in found} == {"ok"}
    assert not any(check.todo for check in found)


@pytest.mark.parametrize(
    ("change", "name", "status"),
    [
        ({"has_docker": False}, "engine", "fail"),
        ({"engine_problem": "No Docker engine answers."}, "engine", "fail"),
        ({"api_version": "1.42"}, "engine API", "fail"),
        ({"api_version": ""}, "engine API", "fail"),
        ({"compose_version": "2.25.0"}, "compose", "fail"),
        ({"compose_version": ""}, "compose", "fail"),
        ({"buildx_version": ""}, "buildx", "fail"),
        ({"has_base": False}, "base image", "fail"),
        ({"has_base": False, "has_mmdebstrap": True, "can_bootstrap": False}, "base image", "fail"),
        ({"cores": 1}, "cores", "warn"),
        ({"memory_free_bytes": GIB}, "memory", "fail"),
        ({"memory_free_bytes": 2 * GIB}, "memory", "warn"),
        ({"disk_free_bytes": GIB}, "disk", "fail"),
        ({"has_base": False, "can_pull": True, "disk_free_bytes": 5 * GIB}, "disk", "fail"),
        ({"free_port": None}, "port", "warn"),
        ({"has_cpu_quota": False}, "CPU quota", "fail"),
        ({"clock_skew_s": -40.0}, "clock", "warn"),
        ({"idle_ratio": 0.4}, "noise", "warn"),
        ({"steal_ratio": 0.05}, "noise", "warn"),
        ({"steal_ratio": 0.011}, "noise", "warn"),
        ({"power": "battery"}, "power", "warn"),
        ({"power": "low-power"}, "power", "warn"),
    ],
)
def test_each_problem_is_seen_and_says_what_to_do(change: dict[str, Any], name: str, status: str) -> None:
    wrong = [check for check in checks(replace(GOOD, **change)) if check.status != "ok"]
    assert [(check.name, check.status) for check in wrong] == [(name, status)]
    assert wrong[0].todo


def test_who_may_not_bootstrap_is_told_what_root_does_once() -> None:
    def base(**change: bool) -> Check:
        facts = replace(GOOD, has_base=False, has_mmdebstrap=True, **change)
        return next(check for check in checks(facts) if check.name == "base image")

    assert base(can_bootstrap=True).status == base(can_bootstrap=False, can_pull=True).status == "ok"
    refused = base(can_bootstrap=False)
    assert "root or user namespaces" in refused.found
    assert 'sudo "$(command -v lab)" images build base base-sid' in refused.todo
    assert "lab images load FILE" in refused.todo


def test_without_an_engine_only_what_can_be_seen_is_judged() -> None:
    names = [check.name for check in checks(Facts(has_docker=False, free_port=8080))]
    assert names == ["engine", "port"]


def test_unknown_facts_are_left_out_not_guessed() -> None:
    facts = replace(GOOD, disk_free_bytes=None, idle_ratio=None, clock_skew_s=None, power=None)
    assert {"disk", "noise", "clock", "power"}.isdisjoint(check.name for check in checks(facts))


def test_an_engine_elsewhere_is_named() -> None:
    engine = checks(replace(GOOD, is_local=False, machine="docker-desktop (Docker Desktop)"))[0]
    assert "docker-desktop" in engine.found


@pytest.mark.parametrize(
    ("text", "version"),
    [("v2.26.1+ds1-4", (2, 26, 1)), ("2.40", (2, 40)), ("0.13.1-desktop.2", (0, 13, 1)), ("?", ()), ("", ())],
)
def test_version_numbers(text: str, version: tuple[int, ...]) -> None:
    assert version_tuple(text) == version


def test_two_digit_minor_versions_compare_as_numbers() -> None:
    assert not [
        c for c in checks(replace(GOOD, compose_version="5.0.0", api_version="1.100")) if c.status != "ok"
    ]


def test_the_document_is_json_and_says_whether_the_machine_is_ready() -> None:
    facts = replace(GOOD, buildx_version="")
    document = json.loads(json.dumps(as_document(facts, checks(facts))))
    assert document["schema"] == "lab.doctor/1"
    assert document["ready"] is False
    assert {"name", "status", "found", "todo"} == set(document["checks"][0])
    assert document["suggestion"]["up"] == "lab up --web-cpu 0.25 --db-cpu 0.75 --db-replica-cpu 0.375"
    assert document["suggestion"]["sweep"] == "lab sweep read-heavy --replicas 1..8"


def test_without_an_engine_nothing_is_suggested() -> None:
    facts = Facts(has_docker=False)
    assert as_document(facts, checks(facts))["suggestion"] is None


def test_cpu_shares_are_differences_of_the_first_line() -> None:
    before = "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
    after = "cpu  110 0 110 860 10 0 0 10 0 0\ncpu0 9 9 9 9 9 9 9 9 0 0\n"
    assert cpu_ratios(before, after) == {"idle_ratio": 0.7, "steal_ratio": 0.1}


def test_what_neighbours_take_from_work_counts_but_the_work_itself_does_not() -> None:
    readings = (
        "cpu  0 0 0 0 0 0 0 0 0 0\n",
        "cpu  5 0 0 95 0 0 0 0 0 0\n",
        "cpu  55 0 0 137 0 0 0 8 0 0\n",  # half busy, and 8 of 100 stolen
    )
    assert noise(*readings) == {"idle_ratio": 0.95, "steal_ratio": 0.08}


def test_free_memory_is_what_new_processes_can_have() -> None:
    assert free_memory("MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable:   50 kB\n") == {
        "memory_free_bytes": 51200
    }
    assert free_memory("MemTotal: 100 kB\n") == {}
