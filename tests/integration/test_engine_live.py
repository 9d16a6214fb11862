"""The engine's own answers, live: what the recorded ones in tests/data/engine stand for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lab.adapters.engine import DockerEngine
from lab.model.images import IMAGES
from tests.docker_lab import docker, own

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

MEMORY_BYTES = 64 * 2**20


@pytest.fixture
def busy() -> Iterator[str]:
    """Start a container that uses all of its tenth of a core."""
    name = own("busy")
    try:
        docker(
            "run", "-d", "--name", name, "--network", "none", "--cpu-period", "50000", "--cpu-quota", "5000", "--memory", "64m",
            "--entrypoint", "sh", IMAGES["cache"].reference, "-c", "while :; do :; done",
        )  # fmt: skip
        yield name
    finally:
        docker("rm", "-f", "-v", name, check=False)


def test_the_machine_is_what_docker_says() -> None:
    info = json.loads(docker("info", "--format", "{{json .}}"))
    machine = DockerEngine().machine()
    assert machine.cgroup_version == info["CgroupVersion"]
    assert (machine.cores, machine.memory_bytes) == (info["NCPU"], info["MemTotal"])
    assert machine.has_cpu_quota is info["CpuCfsQuota"]


def test_samples_count_what_a_container_uses_and_is_refused(busy: str) -> None:
    engine = DockerEngine()
    first = engine.sample(busy)
    docker("exec", busy, "sh", "-c", "cat /usr/bin/* > /dev/null; sleep 1")
    second = engine.sample(busy)
    assert second.t_s > first.t_s
    assert second.cpu_s > first.cpu_s
    assert second.periods > first.periods
    assert second.throttled_periods > first.throttled_periods
    assert second.throttled_s > first.throttled_s
    assert 0 < second.memory_bytes < MEMORY_BYTES
    docker("kill", busy)
    stopped = engine.sample(busy)
    assert (stopped.cpu_s, stopped.memory_bytes) == (0, 0)
