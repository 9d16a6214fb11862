"""The benchmark runner's pure parts: ratios, medians, the table, the document; and the page that quotes the figures."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import fields
from typing import Any

import pytest

from bench import page
from bench.ending import end_cleanly
from bench.figures import SCHEMA, Figure, as_row, measured, merged, ratio, reach, table, verdict
from bench.rows.collectors import unwatched
from lab.cli.wiring import context
from lab.workflows.context import Context
from tests.unit.docs_pages import ROOT

PAGE = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
KEPT = sorted((ROOT / "bench/results").glob("20*.json"))


def _ratio(**options: object) -> Figure:
    given = {"ours": [4.0, 5.0, 6.0], "theirs": [2.0, 2.0, 2.0], "reach": 2.6, **options}
    return ratio("up", "lab up / sleepers", **given)


def test_a_ratio_is_the_median_over_neighbours_and_not_of_medians() -> None:
    figure = _ratio(ours=[1.0, 10.0, 3.0], theirs=[1.0, 5.0, 1.0])
    assert figure.values == [1.0, 2.0, 3.0]
    assert figure.median == 2.0
    assert figure.seconds == {"lab": [1.0, 10.0, 3.0], "reference": [1.0, 5.0, 1.0]}


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1.0], []), ([1.0, 2.0], [1.0])])
def test_a_ratio_needs_pairs(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="against"):
        _ratio(ours=ours, theirs=theirs)


@pytest.mark.parametrize(
    ("median", "limit", "at_least", "met"),
    [(2.5, 2.6, False, True), (2.6, 2.6, False, True), (2.7, 2.6, False, False),
     (0.9, 0.9, True, True), (0.89, 0.9, True, False), (1.0, None, False, None)],
)  # fmt: skip
def test_a_reach_is_kept_or_missed(
    median: float, limit: float | None, at_least: bool, met: bool | None
) -> None:
    figure = Figure(name="x", what="x", unit="x", values=[median], reach=limit, at_least=at_least)
    assert figure.is_met is met


def test_figures_are_written_with_spread_and_unit() -> None:
    assert measured(_ratio()) == "2.50x (2.00..3.00, n=3)"
    assert reach(_ratio()) == "<= 2.60x"
    assert reach(_ratio(at_least=True)) == ">= 2.60x"
    one = Figure(name="memory", what="memory", unit="GiB", values=[1.125])
    assert measured(one) == "1.12 GiB (n=1)"
    assert reach(one) == "shown only"
    assert verdict(one) == ""


def test_a_miss_cannot_be_overlooked_in_the_table() -> None:
    text = table([_ratio(), _ratio(reach=2.0)])
    lines = text.splitlines()
    assert lines[0].split() == ["what", "measured", "reach", "met"]
    assert lines[1].endswith("yes")
    assert lines[4].endswith("MISSED")
    assert lines[2].split() == ["lab", "5.00", "(4.00..6.00)"]
    assert len({line.index("2.50x") for line in lines if "2.50x" in line}) == 1


def test_a_row_of_the_document_has_every_value() -> None:
    row = as_row(_ratio(), {"idle_ratio": 0.9})
    assert json.loads(json.dumps(row)) == {
        "name": "up", "what": "lab up / sleepers", "unit": "x", "median": 2.5, "low": 2.0, "high": 3.0, "rounds": 3,
        "reach": 2.6, "at_least": False, "met": True, "values": [2.0, 2.5, 3.0],
        "made_of": {"lab": [4.0, 5.0, 6.0], "reference": [2.0, 2.0, 2.0]}, "during": {"idle_ratio": 0.9},
    }  # fmt: skip


def _document(*names: str, **other: object) -> dict[str, object]:
    rows = [{"name": name, "median": number} for number, name in enumerate(names)]
    return {
        "schema": SCHEMA,
        "commit": "abc",
        "changed": False,
        "environment": {"cores": 2},
        "rows": rows,
        **other,
    }


def test_later_rows_join_the_file_and_replace_their_like() -> None:
    joined = merged(_document("a", "b"), _document("b", "c"))
    assert joined["rows"] == [
        {"name": "a", "median": 0}, {"name": "b", "median": 0}, {"name": "c", "median": 1},
    ]  # fmt: skip


@pytest.mark.parametrize("other", [{"commit": "def"}, {"environment": {"cores": 4}}, {"changed": True}])
def test_figures_of_other_code_or_machines_are_not_mixed(other: dict[str, object]) -> None:
    assert merged(_document("a", **other), _document("b"))["rows"] == [{"name": "b", "median": 0}]
    assert merged(None, _document("b"))["rows"] == [{"name": "b", "median": 0}]


def test_every_row_of_the_runner_is_explained_and_its_file_is_there() -> None:
    source = (ROOT / "bench/rows/__init__.py").read_text(encoding="utf-8")
    rows = re.findall(r'^    "([\w-]+)": (\w+)\.measure', source, re.MULTILINE)
    assert len(rows) >= 9
    for name, module in rows:
        assert f"| `{name}` |" in PAGE
        assert (ROOT / f"bench/rows/{module}.py").is_file()


def test_the_page_quotes_the_newest_kept_figure_of_each_row() -> None:
    documents = page.kept(ROOT / "bench/results")
    assert documents
    assert page.section(documents) in PAGE, "run: python -m bench.page"
    for name, row in page.newest(documents):
        assert documents[name]["schema"] == SCHEMA
        figure = Figure(name=row["name"], what=row["what"], unit=row["unit"], values=row["values"],
                        reach=row["reach"], at_least=row["at_least"])  # fmt: skip
        assert row["met"] == figure.is_met


def _kept_row(name: str, started: str) -> dict[str, object]:
    return {"name": name, "during": {"started": started}}


def test_of_each_row_the_newest_figure_is_shown_in_the_runners_order() -> None:
    documents = {
        "2026-01-02-a.json": {"rows": [_kept_row("restore-ratio", "2"), _kept_row("start-up-help", "2")]},
        "2026-01-01-b.json": {"rows": [_kept_row("up", "1"), _kept_row("restore-ratio", "1")]},
        "2026-01-02-0.json": {"rows": [_kept_row("up", "3"), _kept_row("image-store", "3"), _kept_row("images", "3")]},
    }  # fmt: skip
    found = [(row["name"], name[:12]) for name, row in page.newest(documents)]
    assert found == [
        ("up", "2026-01-02-0"),
        ("start-up-help", "2026-01-02-a"),
        ("restore-ratio", "2026-01-02-a"),
        ("images", "2026-01-02-0"),
        ("image-store", "2026-01-02-0"),
    ]


def test_kept_figures_name_no_host_and_no_path() -> None:
    for file in KEPT:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'"(/|[A-Z]:\\)', text)
        assert "hostname" not in text


def test_a_window_without_collectors_differs_in_nothing_else() -> None:
    ctx = context("bench-test")
    other = unwatched(ctx)
    jobs: list[Mapping[str, Any]] = []
    object.__setattr__(ctx.probe, "run", lambda _name, job: jobs.append(job) or nullcontext(iter(())))
    with other.probe.run("x", {"users": 3, "watch": {"web-1": {}}}):
        pass
    assert jobs == [{"users": 3, "watch": {}}]
    assert all(
        getattr(other, field.name) is getattr(ctx, field.name)
        for field in fields(Context)
        if field.name != "probe"
    )


def test_a_figure_that_misses_by_little_does_not_look_like_one_that_does_not() -> None:
    assert measured(_ratio(ours=[2.604], theirs=[1.0])) == "2.604x (n=1)"
    assert measured(_ratio(ours=[2.6], theirs=[1.0])) == "2.60x (n=1)"
    assert measured(_ratio(ours=[2.7], theirs=[1.0])) == "2.70x (n=1)"


def test_a_benchmark_that_is_told_to_end_leaves_as_by_an_error() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        end_cleanly()
        with pytest.raises(SystemExit, match="143"):  # so that every `finally` removes its lab
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
