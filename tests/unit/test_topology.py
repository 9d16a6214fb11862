"""Topologies: presets, overrides, and every rule with its message."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import BadInput, LabError
from lab.model.lab_name import check_lab_name
from lab.model.stages import LADDER, STAGES
from lab.model.topology import OPTION_KEYS, options_of, resolve
from lab.model.topology_values import MAX_CACHE_NODES, MAX_DB_REPLICAS, MAX_REPLICAS

# The stages of the contract: web, balance, sessions, store, cache, cache nodes, db replicas.
CONTRACT = {
    "single": (1, "none", "files", "local", "off", 0, 0),
    "balanced": (3, "leastconn", "files", "local", "off", 0, 0),
    "shared": (3, "leastconn", "cache", "s3", "off", 1, 0),
    "cached": (3, "leastconn", "cache", "s3", "aside", 1, 0),
    "replicated": (3, "leastconn", "cache", "s3", "aside", 1, 2),
    "full": (3, "leastconn", "cache", "s3", "aside", 1, 2),
}


@pytest.mark.parametrize("stage", CONTRACT)
def test_stage_is_the_contract(stage: str) -> None:
    t = resolve({"stage": stage})
    assert (t.replicas, t.balance, t.sessions, t.store, t.cache, t.cache_nodes, t.db_replicas) == CONTRACT[
        stage
    ]


def test_plain_up_is_full() -> None:
    assert resolve({}) == resolve({"stage": "full"})


def test_option_overrides_its_stage() -> None:
    t = resolve({"stage": "balanced", "replicas": 5, "db_replicas": 1})
    assert (t.replicas, t.db_replicas, t.balance) == (5, 1, "leastconn")


@pytest.mark.parametrize(
    ("given_options", "words"),
    [
        ({"replicas": 0}, ["--replicas", "1 to 32", "0"]),
        ({"replicas": MAX_REPLICAS + 1}, ["--replicas", "33"]),
        ({"replicas": True}, ["--replicas", "True"]),
        ({"replicas": "three"}, ["--replicas", "'three'"]),
        ({"cache_nodes": MAX_CACHE_NODES + 1}, ["--cache-nodes"]),
        ({"db_replicas": -1}, ["--db-replicas", "-1"]),
        ({"db_replicas": MAX_DB_REPLICAS + 1}, ["--db-replicas"]),
        ({"balance": "leastcon"}, ["--balance", 'did you mean "leastconn"?']),
        ({"stage": "sigle"}, ["--stage", "single"]),
        ({"web_cpu": 0.01}, ["--web-cpu", "0.05", "0.01"]),
        ({"web_cpu": float("nan")}, ["--web-cpu", "nan"]),
        ({"subnet": "10.0.0.0"}, ["--subnet", "/16 to /25"]),
        ({"subnet": "10.0.0.1/22"}, ["--subnet", "host bits"]),
        ({"subnet": "8.8.0.0/22"}, ["--subnet", "private"]),
        ({"subnet": 7}, ["--subnet", "7"]),
        ({"replcas": 3}, ["--replcas", 'did you mean "replicas"?']),
        ({"balance": "none", "replicas": 2}, ["--balance none", "2"]),
        ({"cache_nodes": 0}, ["--cache aside", "--sessions cache", "--cache-nodes 0"]),
        ({"stage": "single", "sessions": "sticky"}, ["--sessions sticky", "--balance none"]),
        ({"stage": "cached", "durability": "semisync"}, ["semisync", "--db-replicas 0"]),
    ],
)
def test_wrong_options_are_named(given_options: dict[str, object], words: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(given_options)
    for word in words:
        assert word in caught.value.message


def test_all_problems_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        resolve({"replicas": 0, "balance": "x", "web_cpu": -1, "nope": 1})
    assert len(caught.value.message.splitlines()) == 4


def test_source_names_the_file_and_key() -> None:
    with pytest.raises(BadInput, match=r"big\.toml: replicas: must be"):
        resolve({"replicas": 0}, source={"replicas": "big.toml: replicas"})


def test_cache_nodes_follow_need() -> None:
    assert resolve({"stage": "balanced", "sessions": "cache"}).cache_nodes == 1
    assert resolve({"stage": "full", "sessions": "files", "cache": "off"}).cache_nodes == 0


@given(
    st.dictionaries(
        st.sampled_from([*OPTION_KEYS, "unknown"]),
        st.one_of(
            st.integers(),
            st.floats(),
            st.text(max_size=12),
            st.booleans(),
            st.none(),
            st.sampled_from(list(STAGES)),
        ),
    )
)
def test_any_mapping_resolves_or_is_refused(options: dict[str, object]) -> None:
    try:
        topology = resolve(options)
    except LabError as error:
        assert error.exit_code == 2
    else:
        assert resolve(asdict(topology)) == topology


def test_options_round_trip() -> None:
    for stage in LADDER:
        t = resolve({"stage": stage})
        assert resolve({key.replace("-", "_"): value for key, value in options_of(t).items()}) == t


@pytest.mark.parametrize("name", ["lab", "a", "demo-2", "0x"])
def test_lab_names(name: str) -> None:
    assert check_lab_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a b", "a" * 32, "ä", "a\n"])
def test_wrong_lab_names(name: str) -> None:
    with pytest.raises(BadInput, match="--lab"):
        check_lab_name(name)
