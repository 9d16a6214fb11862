"""The real readers of our generated files accept them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.model.topology import resolve
from lab.tiers.balancer import haproxy_cfg
from tests.golden.test_golden import CASES, HERE

pytestmark = pytest.mark.docker


@pytest.mark.parametrize("name", CASES)
def test_compose_accepts_each_golden_file(name: str) -> None:
    path = Path(HERE) / f"{name}.yaml"
    argv = ["docker", "compose", "-p", "test-config", "-f", str(path), "config", "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", [name for name in CASES if resolve(CASES[name]).has_balancer])
def test_haproxy_accepts_each_configuration(name: str) -> None:
    argv = ["docker", "run", "--rm", "-i", "scalability-lab/balancer:0.1.0"]
    script = "cat > /tmp/c.cfg && haproxy -c -f /tmp/c.cfg"
    done = subprocess.run(
        [*argv, "sh", "-c", script],
        input=haproxy_cfg(resolve(CASES[name])),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
