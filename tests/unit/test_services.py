"""The services of a topology: the same names as in the rendered file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.services import missing_services, service_names
from lab.model.stages import STAGES
from lab.model.state import Container, RunningLab
from lab.model.topology import resolve
from lab.render.compose import render


@pytest.mark.parametrize("stage", [*STAGES])
def test_the_names_are_those_of_the_rendered_file(stage: str) -> None:
    topology = resolve({"stage": stage})
    assert service_names(topology) == sorted(service.name for service in render(topology).services)


@given(st.integers(1, 9), st.integers(1, 8), st.integers(0, 8), st.sampled_from(["s3", "local"]))
def test_with_any_counts(replicas: int, nodes: int, read_replicas: int, store: str) -> None:
    topology = resolve(
        {"replicas": replicas, "cache_nodes": nodes, "db_replicas": read_replicas, "store": store}
    )
    assert service_names(topology) == sorted(service.name for service in render(topology).services)


def test_what_a_killed_command_did_not_start_is_missing() -> None:
    topology = resolve({"stage": "balanced"})
    containers = [
        Container(id=n, name=n, service=n, tier="", lab="lab", state="running", health="", host_port=None, spec="", image="")
        for n in service_names(topology)
        if n not in {"db-primary", "web-2"}
    ]  # fmt: skip
    assert missing_services(RunningLab(name="lab", containers=containers, topology=topology)) == [
        "db-primary",
        "web-2",
    ]
    assert missing_services(RunningLab(name="lab", containers=containers, topology=None)) == []
