"""What the engine's labels say, and what is made of labels that say nonsense."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.adapters.engine_rows import container_of, document
from lab.errors import LabError
from lab.model.state import LABEL_ROLE, LABEL_TOPOLOGY, Container
from lab.model.topology import OPTION_KEYS, Topology, options_of, resolve
from lab.workflows.find import topology_of

# A row as DockerEngine asks for it; values as docker 26.1 gave them.
ROW = {
    "ID": "3414aea8a3c3",
    "Names": "demo-web-1-1",
    "State": "running",
    "Status": "Up 33 seconds (healthy)",
    "Ports": "127.0.0.1:8080->80/tcp, 443/tcp",
    "Image": "scalability-lab/web:0.1.0",
    "Labels": {
        "lab.name": "demo",
        "lab.tier": "web",
        "lab.spec": "dd62e6e2ecb2225b",
        "lab.topology": "",
        "lab.role": "",
        "com.docker.compose.project": "demo",
        "com.docker.compose.service": "web-1",
    },
}
WEB = container_of(ROW)


def test_a_row_becomes_a_container() -> None:
    assert (WEB.service, WEB.tier, WEB.lab, WEB.host_port, WEB.health) == (
        "web-1",
        "web",
        "demo",
        8080,
        "healthy",
    )
    assert WEB.is_serving
    assert WEB.oddity == ""
    assert LABEL_ROLE not in WEB.labels


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("Up 2 seconds (health: starting)", "starting"),
        ("Up 2 minutes (unhealthy)", "unhealthy"),
        ("Up 2 minutes", ""),
        ("Exited (0) 3 seconds ago", ""),
    ],
)
def test_health_is_read_from_the_status(status: str, health: str) -> None:
    assert container_of({**ROW, "Status": status}).health == health


@pytest.mark.parametrize(
    ("ports", "port"), [("", None), ("80/tcp", None), ("0.0.0.0:81->81/tcp, [::1]:8090->80/tcp", 8090)]
)
def test_the_published_port_is_that_of_port_80(ports: str, port: int | None) -> None:
    assert container_of({**ROW, "Ports": ports}).host_port == port


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", '{"ID":', "\x00", "[" * 100_000])
def test_an_answer_that_is_no_document_is_an_error_with_advice(text: str) -> None:
    with pytest.raises(LabError) as caught:
        document(text)
    assert "docker" in caught.value.hint


def test_strangers_with_our_label_are_told_apart() -> None:
    assert "no lab's name" in replace(WEB, lab="Not A Lab").oddity
    assert "no lab's name" in replace(WEB, lab="").oddity
    assert "lab.spec" in replace(WEB, spec="").oddity
    assert "lab.tier" in replace(WEB, tier="").oddity
    assert replace(WEB, tier="", spec="", labels={LABEL_ROLE: "probe"}).oddity == ""


def labelled(text: str) -> list[Container]:
    return [WEB, replace(WEB, service="credentials", labels={LABEL_TOPOLOGY: text})]


def test_the_topology_comes_back_from_its_label() -> None:
    topology = resolve({"stage": "cached", "replicas": 5})
    text = json.dumps({key.replace("-", "_"): value for key, value in options_of(topology).items()})
    assert topology_of(labelled(text)) == topology
    assert topology_of([WEB]) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.text() | JSON.map(json.dumps) | st.dictionaries(st.sampled_from(OPTION_KEYS), JSON).map(json.dumps))
def test_any_label_gives_a_topology_or_none(text: str) -> None:
    assert isinstance(topology_of(labelled(text)), Topology | None)


def test_a_label_nested_without_end_gives_none() -> None:
    assert topology_of(labelled("[" * 100_000)) is None
    assert topology_of(labelled('{"replicas":' + "9" * 5000 + "}")) is None
