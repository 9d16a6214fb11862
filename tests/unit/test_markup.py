"""Lines of text with a little markup: what they look like, and that they fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli.help import page
from lab.cli.markup import coloured, plain, plain_length, wrapped
from lab.cli.picture import draw, next_step
from lab.cli.show import _list_lines
from lab.model.stages import STAGES
from lab.model.state import Container, RunningLab
from lab.model.topology import Topology, resolve
from lab.report.bars import plain_ascii

TAGS = ("[bold]", "[dim]", "[red]", "[bold red]", "[/]")


def test_markup_is_taken_away_or_becomes_codes() -> None:
    line = "[bold red]no[/] [1..8] [link] [dim]x[/]"
    assert plain(line) == "no [1..8] [link] x"
    assert coloured(line) == "\x1b[1;31mno\x1b[0m [1..8] [link] \x1b[2mx\x1b[0m"


def test_parts_keep_the_indent_and_the_style() -> None:
    assert wrapped("  [dim]one two three[/] four", 12) == ["  [dim]one two[/]", "  [dim]three[/] four"]
    assert wrapped("[bold red]not ready:[/] engine", 12) == ["[bold red]not ready:[/]", "engine"]


def test_a_long_word_stays_whole() -> None:
    assert wrapped("see http://127.0.0.1:8080/ now", 12) == ["see", "http://127.0.0.1:8080/", "now"]


@given(
    st.lists(
        st.one_of(st.sampled_from(TAGS), st.text(st.characters(codec="utf-8"), max_size=9)), max_size=12
    ),
    st.integers(1, 40),
)
def test_wrapping_loses_no_word_and_fits(words: list[str], columns: int) -> None:
    line = " ".join(words).replace("\n", "")
    parts = wrapped(line, columns)
    assert [word for part in parts for word in plain(part).split()] == plain(line).split()
    for part in parts:
        assert plain_length(part) <= columns or " " not in plain(part).strip(" ")


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("columns", [20, 40, 60, 80, 110, 300])
def test_the_first_page_fits_and_its_frames_are_whole(columns: int, unicode: bool) -> None:
    lines = [plain(line) for line in page(columns, unicode=unicode)]
    assert unicode or all(line.isascii() for line in lines)
    frame = "╭│╰" if unicode else "+|"
    widths = {len(line) for line in lines if line and line[0] in frame}
    assert len(widths) == 1
    assert max(len(line) for line in lines) <= max(min(columns, 110), 29)


def lab_of(topology: Topology, name: str = "lab") -> RunningLab:
    services = [
        *(["balancer"] if topology.has_balancer else []),
        *topology.web_names,
        *topology.cache_names,
        "db-primary",
        *topology.db_replica_names,
        *(["store"] if topology.store == "s3" else []),
    ]
    containers = [
        Container(
            id=service, name=service, service=service, lab=name, state="running", spec="s", image="",
            tier=service if service in {"balancer", "db-primary", "store"} else service.rpartition("-")[0],
            health="starting" if service == "web-1" else "healthy", host_port=8080 if service == topology.entry else None,
        )
        for service in services
    ]  # fmt: skip
    return RunningLab(name=name, containers=containers, topology=topology)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("columns", [40, 72, 80, 120])
@pytest.mark.parametrize("stage", [*STAGES, "big"])
def test_the_picture_of_a_lab_fits(stage: str, columns: int, unicode: bool) -> None:
    big = {"replicas": 32, "cache_nodes": 8, "db_replicas": 8, "durability": "semisync"}
    topology = resolve(big if stage == "big" else {"stage": stage})
    lines = [plain(line) for line in draw(lab_of(topology), width=columns, unicode=unicode)]
    assert max(len(line) for line in lines) <= columns
    assert unicode or all(plain_ascii(line).isascii() and "?" not in plain_ascii(line) for line in lines)
    shown = "\n".join(lines)
    for service in (*topology.web_names, *topology.db_replica_names):
        assert f" {service}" in shown
    assert next_step(lab_of(topology))


def test_the_list_of_labs_is_a_table_where_it_fits() -> None:
    rows = [
        {
            "lab": "lab",
            "running": 9,
            "containers": 10,
            "url": "http://127.0.0.1:8080/",
            "topology": "HAProxy · 3 web",
        },
        {"lab": "killed", "running": 0, "containers": 2, "url": None, "topology": None},
        {"lab": "old", "running": 0, "containers": 0, "url": None, "topology": None},
    ]
    wide, narrow = _list_lines(rows, 110), _list_lines(rows, 40)
    assert wide[0].split() == ["lab", "running", "url", "topology"]
    assert wide[1].index("HAProxy") == wide[2].index("leftovers") == wide[0].index("topology")
    assert narrow[:3] == ["lab", "  9 running, http://127.0.0.1:8080/", "  HAProxy · 3 web"]
    assert narrow[3:6] == ["killed", "  0 running", "  leftovers; remove with: lab --lab killed down"]
    assert narrow[6:] == ["old", "  0 running", narrow[-1]]
    assert narrow[-1].endswith("lab --lab old down --volumes")
