"""What a report says about two factors, about what is host-bound, and about runs that are no plain sweep."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources import files

import pytest

from lab.model.run import Run
from lab.report.axis import host_bound_span, is_host_bound, lines, numeric_axis
from lab.report.chart_traces import HOST_BOUND
from lab.report.findings import result_sentences
from lab.report.html import report_html
from lab.report.procedure import caption
from tests.unit.report_page import Page, numbers_in
from tests.unit.run_kinds import a_a_run, capacity_run, complete_sweep, two_factor_sweep, verify_run
from tests.unit.run_samples import bench, replica_sweep

KINDS = {
    "complete": complete_sweep,
    "two": two_factor_sweep,
    "aa": a_a_run,
    "capacity": capacity_run,
    "verify": verify_run,
}


@pytest.fixture(scope="module")
def complete() -> Page:
    return Page(report_html([complete_sweep()]))


@pytest.mark.parametrize("kind", KINDS)
def test_plots_of_every_kind_are_valid_for_the_library(kind: str) -> None:
    import plotly.graph_objects as go

    page = Page(report_html([KINDS[kind]()]))
    for variants in page.plots.values():
        for figure in variants:
            plain = re.sub(r"@[a-z0-9-]+", "#123456", __import__("json").dumps(figure))
            assert go.Figure(__import__("json").loads(plain)).data


# -- host-bound -------------------------------------------------------------------------------------------------------


def test_host_bound_points_are_grey_and_so_is_their_region(complete: Page) -> None:
    figure = complete.plots["plot-curve"][0]
    bound = [trace for trace in figure["data"] if trace["name"] == HOST_BOUND]
    assert bound
    assert all(trace["marker"]["color"] == "@ideal" for trace in bound)
    assert sum(trace["showlegend"] for trace in bound) == 1
    region = figure["layout"]["shapes"][0]
    assert region["fillcolor"] == "@shade"
    assert 4 < region["x0"] < 8
    assert region["x1"] > 12
    measured = next(trace for trace in figure["data"] if trace["name"] == "as measured")
    assert max(measured["x"]) < 5


def test_the_region_starts_between_the_last_free_point_and_the_first_bound_one() -> None:
    run = complete_sweep()
    axis = numeric_axis(run)
    assert axis is not None
    assert host_bound_span(run, axis) == (6, 12)
    assert host_bound_span(replica_sweep(invalid=None), axis) is None
    only = dataclasses.replace(run, points=run.points[3:])
    found = host_bound_span(only, {"8": 8.0, "12": 12.0})
    assert found == (6, 12)


def test_a_point_is_host_bound_when_that_gate_failed_in_every_window() -> None:
    run = complete_sweep()
    assert [is_host_bound(point) for point in run.points] == [False, False, False, True, True]
    assert not is_host_bound(replica_sweep(invalid=(4, 2)).points[2])


def test_the_sentences_leave_out_what_is_host_bound() -> None:
    first, *others = result_sentences(complete_sweep())
    assert first.startswith("4 web replicas: ")
    assert any("At 8, 12 the machine is the limit" in sentence for sentence in others)


# -- two factors ------------------------------------------------------------------------------------------------------


def test_two_factors_are_one_line_each() -> None:
    run = two_factor_sweep()
    assert [(line.name, [p.label for p in line.points]) for line in lines(run)] == [
        ("cache off", ["1, off", "2, off", "4, off"]),
        ("cache aside", ["1, aside", "2, aside", "4, aside"]),
    ]
    page = Page(report_html([run]))
    named = [trace for trace in page.plots["plot-curve"][0]["data"] if trace["mode"] == "lines+markers"]
    assert [trace["name"] for trace in named] == ["cache off", "cache aside"]
    assert len({trace["line"]["dash"] for trace in named}) == 2  # not by colour alone
    assert len(page.plots["plot-tiers"]) == len(page.plots["plot-latency"]) == 2
    assert result_sentences(run)[0].startswith("Cache off: from ")
    assert "web replicas: 1, 2, 4; cache: off, aside" in page.text


def test_two_factors_of_words_are_groups_of_bars() -> None:
    run = two_factor_sweep()
    turned = dataclasses.replace(run, factor="cache", second_factor="replicas")
    figure = Page(report_html([turned])).plots["plot-curve"][0]
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert [bar["name"] for bar in bars] == ["1 web replicas", "2 web replicas", "4 web replicas"]
    assert all(bar["x"] == ["off", "aside"] for bar in bars)


# -- everything disclosed on every figure -------------------------------------------------------------------------------


def test_every_figure_carries_what_must_be_disclosed(complete: Page) -> None:
    captions = [a for a in complete.tags("small") if a.get("class") == "disclosed"]
    assert (
        len(captions) == len(complete.tags("figure")) == len(complete.plots) + 1
    )  # the topology is a picture
    said = caption(complete_sweep())
    for words in (
        "nothing emulated or modelled", "Synthetic CPU @ 2.50GHz, 2 cores, kernel 6.18.0, cgroup v1", "web 0.1 cores in periods of 50 ms",
        "closed load, 64 users, think time none", "unit of work 3.2", "windows of 20 s, 3 blocks, order seed 20260101",
        "load generator at most", "machine idle at least", "steal at most", "4 of 15 measurements rejected", "one page cache",
    ):  # fmt: skip
        assert words in said
    assert said.replace(" ", "") in complete.text.replace(" ", "").replace("\u00a0", "")


def test_what_is_not_recorded_is_said() -> None:
    said = caption(bench(environment={}, load={}))
    assert "CPU not recorded" in said
    assert "think time not recorded" in said


# -- verdicts, gates, order in time -------------------------------------------------------------------------------------


def test_each_point_has_its_verdict_with_evidence(complete: Page) -> None:
    assert "web CPU: 97 % of its quota, throttled in 94 % of the periods" in complete.text
    assert "web: throttled in 94 % of the periods (at least 80 %)" in complete.text
    assert "perhaps web workers: 97 % of them busy" in complete.text


def test_the_gates_figures_are_all_there(complete: Page) -> None:
    header, rows = complete.table("What the gates looked at")
    assert len(rows) == 15
    row = dict(zip(header, rows[0], strict=True))
    assert row["drift of the speed"] == "\N{MINUS SIGN}1.2 %"
    assert row["steady from"] == "2 s"
    assert row["event loop late (p99)"] == "1.40 ms"
    assert row["normalised by"] == "web"


def test_an_older_run_has_dashes_where_nobody_looked() -> None:
    header, rows = Page(report_html([replica_sweep()])).table("What the gates looked at")
    row = dict(zip(header, rows[0], strict=True))
    assert row["drift of the speed"] == row["event loop late (p99)"] == "\u2013"


def test_the_order_in_time_marks_a_rejected_window_and_draws_none_of_its_figures(complete: Page) -> None:
    figure = complete.plots["plot-timeline"][0]
    assert [note["text"] for note in figure["layout"]["annotations"]].count("✗ 12") == 3
    assert len(figure["layout"]["shapes"]) == 4
    run = complete_sweep()
    bad = [m for point in run.points for m in point.measurements if not m.is_valid]
    for m in bad:
        assert not any(abs(number - m.throughput_rps) < 1e-6 for number in numbers_in(figure["data"]))


# -- other kinds of run ---------------------------------------------------------------------------------------------------


def test_a_capacity_run_starts_with_its_answer_and_shows_the_search() -> None:
    page = Page(report_html([capacity_run()]))
    assert "45/s holds p95<200ms (3 of 3 windows); 60/s does not (3 of 3)" in page.text
    _, rows = page.table("Every window of the search")
    assert [row[2] for row in rows] == ["yes", "yes", "yes", "no", "no"]
    latency = page.plots["plot-latency"][0]["layout"]
    assert latency["shapes"][0]["y0"] == 200
    names = [trace["name"] for trace in page.plots["plot-curve"][0]["data"]]
    assert "speed-normalised" not in names  # what was offered is no matter of speed
    assert "open load, varies" in page.text


def test_an_a_a_run_shows_its_pairs_and_the_noise() -> None:
    page = Page(report_html([a_a_run()]))
    assert "How far apart equal measurements are" in page.text
    assert dict(row[:2] for row in page.table("Procedure")[1])["noise"] == "1.4 %"
    assert len(page.table("pairs")[1]) == 5


def test_an_intervention_starts_with_its_outcome() -> None:
    page = Page(report_html([verify_run()]))
    assert (
        "Whether web is the limit: confirmed; web x1.5 raised throughput by 48 %, predicted 50 %."
        in page.text
    )
    assert dict(row[:2] for row in page.table("Procedure")[1])["lower end of its interval"] == "\u00d71.44"
    bars = [trace for trace in page.plots["plot-curve"][0]["data"] if trace["type"] == "bar"]
    assert bars[0]["x"] == ["as it was", "web x1.5", "db-primary x1.5"]


def test_a_search_for_capacity_is_told_in_words() -> None:
    run = capacity_run()
    trials = [*run.procedure["trials"], {"rate_rps": 45.0, "replicas": 3, "holds": None, "why": ["a", "b"]}]
    page = Page(report_html([dataclasses.replace(run, procedure={**run.procedure, "trials": trials})]))
    said = dict(row[:2] for row in page.table("Procedure")[1])
    assert said["objective"] == "p95<200ms"
    assert said["highest rate that holds"] == "45 actions/s"  # a rate counts actions, not requests
    assert said["windows at it that held"] == "3 of 3"
    assert said["confirmed by repetition"] == "yes"
    header, rows = page.table("Every window of the search")
    assert header == ["offered", "replicas", "held", "why"]
    assert rows[0] == ["20 actions/s", "3", "yes", "\u2013"]
    assert rows[-1] == ["45 actions/s", "3", "INVALID", "a; b"]


def test_a_run_without_a_procedure_has_no_empty_section() -> None:
    assert "procedure" not in [a.get("id") for a in Page(report_html([replica_sweep()])).tags("section")]


# -- filters ------------------------------------------------------------------------------------------------------------


def test_rows_carry_the_words_that_the_filters_know(complete: Page) -> None:
    options = {a["value"] for a in complete.tags("option") if "value" in a}
    rows = complete.tags("tr")
    assert {a["data-point"] for a in rows if "data-point" in a} <= options
    assert {a["data-tier"] for a in rows if "data-tier" in a} <= options
    assert {a["data-valid"] for a in rows if "data-valid" in a} == {"valid", "invalid"}
    assert [a["data-filter"] for a in complete.tags("select") if "data-filter" in a] == [
        "point",
        "tier",
        "valid",
    ]


def test_a_page_without_a_choice_has_no_filter() -> None:
    run = dataclasses.replace(bench(), points=())
    assert not Page(report_html([run])).tags("form")


# -- contrast -------------------------------------------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _themes() -> dict[str, dict[str, str]]:
    css = files("lab.report").joinpath("page.css").read_text(encoding="utf-8")
    dark_at = css.index("prefers-color-scheme: dark")
    found = {}
    for name, part in (("light", css[:dark_at]), ("dark", css[dark_at : css.index("* { box-sizing")])):
        found[name] = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", part))
    return found


TEXTS = ("text", "quiet", "link", "good", "bad")
SHAPES = ("raw", "normalised", "ideal", "p50", "p95", "p99", "balancer", "web", "cache", "db-primary", "db-replica", "store", "focus", "control")  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_have_enough_contrast(theme: str) -> None:
    colours = _themes()[theme]
    for ground in ("paper", "card", "shade"):
        for name in TEXTS[:2] if ground == "shade" else TEXTS:
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        for name in SHAPES:
            assert contrast(colours[name], colours[ground]) >= 3, (name, ground)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_kind_survives_the_strict_reader() -> None:
    runs: list[Run] = [make() for make in KINDS.values()]
    ids = [a["id"] for _, a in Page(report_html(runs)).elements if "id" in a]
    assert len(ids) == len(set(ids))
