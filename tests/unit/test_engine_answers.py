"""The Engine API's answers, recorded (cgroup v1) or written from its documents (v2); each file's head says which."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.diagnosis import checks
from lab.model.doctor import Facts
from lab.model.engine_answers import cpu_sample, machine

DATA = Path(__file__).parents[1] / "data" / "engine"
VERSIONS = ("1", "2")


def answer(kind: str, version: str) -> dict[str, Any]:
    document = json.loads((DATA / f"{kind}-cgroup-v{version}.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    assert len(document["_source"]) > 100
    return document


@pytest.mark.parametrize("version", VERSIONS)
def test_stats_mean_the_same_under_both_versions(version: str) -> None:
    sample = cpu_sample(answer("stats", version))
    assert sample.t_s == pytest.approx(1795576037.29471552, abs=1e-6)
    assert sample.cpu_s == pytest.approx(0.401244, abs=1e-6)
    assert (sample.periods, sample.throttled_periods) == (80, 75)
    assert sample.throttled_s == pytest.approx(2.774481, abs=1e-6)
    assert sample.memory_bytes == 10493952 - 847872


def test_version_1_counts_the_groups_inside_as_usage_does() -> None:
    stats = answer("stats", "1")
    stats["memory_stats"]["stats"] |= {"inactive_file": 0, "total_inactive_file": 493952}
    assert cpu_sample(stats).memory_bytes == 10_000_000


@pytest.mark.parametrize("version", VERSIONS)
def test_a_container_that_does_not_run_has_zeros(version: str) -> None:
    stats = answer("stats", version)
    stopped = {
        "read": "0001-01-01T00:00:00Z", "pids_stats": {}, "memory_stats": {}, "cpu_stats": stats["precpu_stats"], "networks": None,
    }  # fmt: skip
    sample = cpu_sample(stopped)
    assert (sample.cpu_s, sample.periods, sample.memory_bytes) == (0, 0, 0)


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
def test_no_missing_part_of_the_statistics_is_an_error(version: str, data: st.DataObject) -> None:
    stats = deepcopy(answer("stats", version))
    part = stats
    for _ in range(data.draw(st.integers(1, 3))):
        key = data.draw(st.sampled_from(sorted(part)))
        if isinstance(part[key], dict) and part[key] and data.draw(st.booleans()):
            part = part[key]
        elif key != "read":
            part[key] = None if isinstance(part[key], dict) else part[key]
            if part[key] is not None:
                del part[key]
            break
    sample = cpu_sample(stats)
    assert sample.memory_bytes >= 0


@pytest.mark.parametrize(
    ("version", "cores", "name", "architecture"), [("1", 2, "vm", "x86_64"), ("2", 8, "laptop", "aarch64")]
)
def test_the_machine(version: str, cores: int, name: str, architecture: str) -> None:
    found = answer("info", version)
    seen = machine(found["info"], found["version"])
    assert (seen.cores, seen.name, seen.architecture) == (cores, name, architecture)
    assert (seen.cgroup_version, seen.has_cpu_quota) == (version, True)


def test_an_engine_that_names_no_version_has_the_first() -> None:
    found = answer("info", "1")
    del found["info"]["CgroupVersion"]
    assert machine(found["info"], found["version"]).cgroup_version == "1"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_doctor_names_the_version_and_refuses_one_without_quota(version: str) -> None:
    info = answer("info", version)["info"]

    def check(*, has_quota: bool) -> tuple[str, str]:
        facts = Facts(
            has_docker=True, api_version="1.45", cgroup_version=info["CgroupVersion"], has_cpu_quota=has_quota
        )
        found = next(check for check in checks(facts) if check.name == "CPU quota")
        return found.status, found.found

    assert check(has_quota=info["CpuCfsQuota"]) == ("ok", f"cgroup v{version}")
    assert check(has_quota=False)[0] == "fail"
