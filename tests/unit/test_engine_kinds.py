"""Which engines the lab refuses, from recorded answers: Podman's are a real Podman 5.4.2's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.model.diagnosis import checks
from lab.model.engine_kinds import podman_version, unusable
from tests.unit.test_doctor import GOOD

DATA = Path(__file__).parent.parent / "data" / "engine"
DOCKER: dict[str, Any] = {"ApiVersion": "1.43", "Components": [{"Name": "Engine", "Version": "24.0.9"}]}


def _recorded(name: str) -> dict[str, Any]:
    document = json.loads((DATA / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_podman_is_known_by_its_own_answer() -> None:
    version = _recorded("podman-version.json")
    assert podman_version(version) == "5.4.2"
    problem = unusable(_recorded("podman-info.json"), version)
    assert problem
    assert "Podman 5.4.2" in problem.reason
    assert "Docker" in problem.todo


@pytest.mark.parametrize("info", ["info-cgroup-v1.json", "info-cgroup-v2.json"])
def test_docker_is_fine_from_engine_24_on(info: str) -> None:
    assert unusable(_recorded(info)["info"], DOCKER) is None
    assert podman_version(DOCKER) == ""


@pytest.mark.parametrize("api", ["1.42", "1.9", "", "?"])
def test_an_older_engine_is_refused(api: str) -> None:
    problem = unusable({"CpuCfsQuota": True}, DOCKER | {"ApiVersion": api})
    assert problem
    assert "1.43" in problem.reason
    assert "Engine 24" in problem.reason


def test_a_kernel_without_cpu_quota_is_refused() -> None:
    problem = unusable({"CpuCfsQuota": False}, DOCKER)
    assert problem
    assert "CPU quota" in problem.reason
    assert "CONFIG_CFS_BANDWIDTH" in problem.todo


def test_doctor_says_the_same() -> None:
    facts = replace(GOOD, podman_version="5.4.2", api_version="1.41", has_cpu_quota=False)
    failed = {check.name: check.found for check in checks(facts) if check.status == "fail"}
    assert set(failed) == {"engine", "engine API", "CPU quota"}
    assert "Podman 5.4.2" in failed["engine"]
