"""The compose file for Engine 24, whose API (1.43) does not know a health check's `start_interval`."""

from __future__ import annotations

import pytest
import yaml

from lab.model.topology import resolve
from lab.render.compose import render
from tests.golden.test_golden import CASES


@pytest.mark.parametrize("name", CASES)
def test_only_the_health_checks_differ(name: str) -> None:
    topology = resolve(CASES[name])
    new = yaml.safe_load(render(topology).text)["services"]
    older = yaml.safe_load(render(topology, start_interval=False).text)["services"]
    assert list(new) == list(older)
    checked = [service for service in new if "healthcheck" in new[service]]
    assert len(checked) > 1
    for service in checked:
        check = dict(new[service]["healthcheck"])  # YAML's anchors share one among services
        assert check.pop("start_interval")
        assert older[service]["healthcheck"] == check | {"interval": "5s"}
        del new[service]["healthcheck"], older[service]["healthcheck"]
    assert new == older


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_it_is_left_in_text_or_spec(name: str) -> None:
    bundle = render(resolve(CASES[name]), start_interval=False)
    assert "start_interval" not in bundle.text
    assert "--engine 24`" in bundle.text
    assert not [service.name for service in bundle.services if "start_interval" in service.spec]
