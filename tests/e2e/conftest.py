"""The Docker level: real engine, real images."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.docker_lab import lab_json, remove_leftovers


def _engine_answers() -> bool:
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@pytest.fixture(scope="session", autouse=True)
def _docker_and_images() -> None:
    if not _engine_answers():
        message = "no Docker engine answers: lab doctor --fix"
        if os.environ.get("LAB_REQUIRE_DOCKER"):
            pytest.fail(message)
        pytest.skip(message)
    missing = [row["name"] for row in lab_json("images", "list")["images"] if row["state"] == "missing"]
    assert not missing, f"images are missing: {missing}; run: make images"
    remove_leftovers()
