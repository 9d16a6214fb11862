"""The Debian root file system that is made here, where making it fails."""

from __future__ import annotations

import os
import shutil

import pytest

from lab.adapters.rootfs import bootstrap
from lab.model.apt import Source
from lab.model.images import PREFIX
from tests.docker_lab import docker

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.mark.skipif(not shutil.which("mmdebstrap"), reason="no mmdebstrap here")
def test_a_failed_maker_leaves_no_image_to_build_on() -> None:
    """An archive at a closed port: mmdebstrap fails, and `docker import` would take its empty output for an image."""
    reference = f"{PREFIX}/test-{os.getpid()}-rootfs:sid"
    before = set(docker("images", "-aq").split())
    try:
        closed = Source(uri="http://127.0.0.1:9/debian", suite="sid", components=("main",))
        assert "mmdebstrap failed" in bootstrap("sid", [closed], reference)
        assert docker("images", "-q", reference) == ""
    finally:
        docker("image", "rm", reference, check=False)
    dangling = docker("images", "-q", "--filter", "dangling=true", "--filter", "label=lab.inputs=rootfs")
    assert not set(dangling.split()) - before
