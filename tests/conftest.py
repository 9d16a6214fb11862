"""Settings for all levels."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from hypothesis import HealthCheck, settings

from tests import elsewhere as engines
from tests.docker_lab import lab_json, remove_leftovers

# A shared, noisy machine: how long one example takes says nothing about the code. Derandomised: a red run is repeatable.
settings.register_profile(
    "lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lab")

# In a shell's background (`make test &`) Ctrl-C is ignored, which every process started from there inherits.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)


elsewhere = engines.elsewhere


@pytest.fixture(scope="session")
def docker_and_images() -> None:
    """Give the Docker level its engine and images, once; remove what a crashed run left."""
    if not _engine_answers():
        message = "no Docker engine answers: lab doctor --fix"
        if os.environ.get("LAB_REQUIRE_DOCKER"):
            pytest.fail(message)
        pytest.skip(message)
    missing = [row["name"] for row in lab_json("images", "list")["images"] if row["state"] == "missing"]
    assert not missing, f"images are missing: {missing}; run: make images"
    remove_leftovers()
    engines.remove_leftovers()


def _engine_answers() -> bool:
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@pytest.fixture(autouse=True)
def _docker_when_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("docker"):
        request.getfixturevalue("docker_and_images")
