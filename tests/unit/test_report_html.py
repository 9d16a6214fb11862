"""The HTML report: self-contained, safe, accessible, and honest about what is not valid."""

from __future__ import annotations

import dataclasses
import itertools
import re

import pytest

from lab.model.run import Run
from lab.report.html import report_html
from tests.unit.report_page import Page, numbers_in
from tests.unit.run_samples import HOST_BOUND, bench, replica_sweep, sample_run, stage_sweep, user_sweep

SAMPLES = {"replicas": replica_sweep, "stage": stage_sweep, "users": user_sweep, "bench": bench}
PLOTLY = "plotly.js v"


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> tuple[Run, str, Page]:
    run = SAMPLES[request.param]()
    text = report_html([run])
    return run, text, Page(text)


def test_the_page_reaches_no_network(sample: tuple[Run, str, Page]) -> None:
    _, text, page = sample
    for tag, attributes in page.elements:
        for key in ("src", "href", "srcset", "action", "data", "poster"):
            assert attributes.get(key, "#").startswith(("#", "data:")), (tag, attributes)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(
        meta["content"] for meta in page.tags("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_the_plot_library_is_inside_once_and_cannot_upload(sample: tuple[Run, str, Page]) -> None:
    _, text, page = sample
    assert text.count(PLOTLY) == 1
    assert len(page.scripts) == 3
    assert "showSendToCloud: false" in text
    assert len(text.encode()) < 8_000_000


def test_the_same_run_gives_the_same_page(sample: tuple[Run, str, Page]) -> None:
    run, text, _ = sample
    assert report_html([run]) == text


def test_headings_descend_by_one_and_ids_are_unique(sample: tuple[Run, str, Page]) -> None:
    _, _, page = sample
    levels = list(page.headings())
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in page.tags("a")]
    assert set(targets) <= set(ids)


def test_every_plot_has_a_description_and_a_table(sample: tuple[Run, str, Page]) -> None:
    _, _, page = sample
    places = [a for a in page.tags("div") if a.get("class") == "plot"]
    assert {place["id"] for place in places} == set(page.plots)
    assert all(place["role"] == "img" and len(place["aria-label"]) > 30 for place in places)
    section_has_table = {}
    current = ""
    for tag, attributes in page.elements:
        if tag == "section":
            current = attributes["id"]
        if tag == "table":
            section_has_table[current] = True
        if tag == "div" and attributes.get("class") == "plot":
            section_has_table.setdefault(current, False)
    assert all(section_has_table.values())


def test_pictures_and_choices_are_labelled(sample: tuple[Run, str, Page]) -> None:
    _, text, page = sample
    assert all(len(svg.get("aria-label", "")) > 30 for svg in page.tags("svg"))
    assert text.count("<label>") == len(page.tags("select"))
    assert all(th["scope"] in {"col", "row"} for th in page.tags("th"))
    assert page.tags("a")[0] == {"class": "skip", "href": "#result"}


def test_plot_data_is_valid_for_the_library(sample: tuple[Run, str, Page]) -> None:
    import plotly.graph_objects as go

    _, _, page = sample
    for variants in page.plots.values():
        for figure in variants:
            assert go.Figure(_with_colours(figure)).data


def _with_colours(data: object) -> object:
    if isinstance(data, dict):
        return {key: _with_colours(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_colours(value) for value in data]
    return "#123456" if isinstance(data, str) and re.fullmatch(r"@[a-z0-9-]+", data) else data


def test_colour_tokens_exist_in_light_and_in_dark(sample: tuple[Run, str, Page]) -> None:
    _, text, page = sample
    used = set(re.findall(r'"@([a-z0-9-]+)"', page.scripts["plots"]))
    dark = text[text.index("prefers-color-scheme: dark") :]
    for token in used:
        assert f"--{token}:" in text[: text.index("prefers-color-scheme: dark")], token
        assert f"--{token}:" in dark, token


# Columns and rows whose numbers count things that their heading names.
COUNTS = {"block", "containers", "requests", "failed", "users", "web replicas", "number", "points"}
COUNT_ROWS = {"users", "cores", "cgroup version"}


def test_every_number_shows_its_unit(sample: tuple[Run, str, Page]) -> None:
    _, _, page = sample
    checked = 0
    for caption, header, rows in page.tables:
        for row in rows:
            for title, cell in zip(header[1:], row[1:], strict=True):
                if not re.fullmatch(r"-?[\d,]+(\.\d+)?( ± [\d.,]+)?", cell):
                    continue
                checked += 1
                is_option = row[0].startswith("--") and not row[0].endswith("cpu")
                assert title in COUNTS or row[0] in COUNT_ROWS or is_option, (caption, title, row)
    assert checked > 5


def test_the_footer_says_what_transfers(sample: tuple[Run, str, Page]) -> None:
    _, _, page = sample
    assert (
        "This machine only: shape, order of bottlenecks and ratios transfer; absolute numbers do not."
        in page.text
    )


def test_an_invalid_measurement_is_listed_with_its_reason_and_in_no_curve() -> None:
    run = replica_sweep(invalid=(4, 2))
    page = Page(report_html([run]))
    bad = run.points[2].measurements[1]
    assert not bad.is_valid
    figures = {key: value for key, value in page.plots.items() if key != "plot-series"}
    for value in (bad.throughput_rps, bad.normalised_rps or 0.0, bad.latency.p95_ms):
        assert not any(abs(number - value) < 1e-6 for number in numbers_in(figures))
    header, rows = page.table("Every measurement")
    row = next(dict(zip(header, row, strict=True)) for row in rows if row[:2] == ["4", "2"])
    assert row["verdict"] == "✗ INVALID"
    assert row["reasons"] == HOST_BOUND
    assert "✗ INVALID: 1 of 9 measurements failed a gate" in page.text


def test_the_time_series_starts_with_a_valid_measurement() -> None:
    page = Page(report_html([replica_sweep(values=(1, 2), invalid=(2, 1))]))
    options = re.findall(r"block \d \((?:IN)?VALID\)", page.text)
    assert options[0].endswith("(VALID)")
    assert any(option.endswith("(INVALID)") for option in options)


def test_a_point_without_valid_measurements_has_no_figure() -> None:
    run = replica_sweep()
    spoiled = tuple(dataclasses.replace(m, problems=("machine: busy",)) for m in run.points[0].measurements)
    first = dataclasses.replace(
        run.points[0], measurements=spoiled, throughput=None, normalised=None, p95=None
    )
    page = Page(report_html([dataclasses.replace(run, points=(first, *run.points[1:]))]))
    _, rows = page.table("Throughput by web replicas")
    assert rows[0][1] == "INVALID: no figure"
    ideal = page.plots["plot-curve"][0]["data"][0]
    assert ideal["x"] == [2.0, 4.0]  # the reference starts at the first valid point


def test_a_run_without_any_valid_measurement_still_reports() -> None:
    page = Page(report_html([bench(repeat=1, problems=["errors: 40 of 100 requests failed"], failures=40)]))
    assert "No valid measurement: nothing here may be quoted." in page.text
    assert "plot-latency" not in page.plots
    _, rows = page.table("Errors")
    assert rows[0][1:] == ["photo", "HTTP 503", "40 times"]


def test_a_run_without_points_still_reports() -> None:
    page = Page(report_html([sample_run("sweep", "replicas", [])]))
    assert "INVALID: nothing measured" in page.text


HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&\u2028'


def test_text_of_users_is_never_markup() -> None:
    run = bench(repeat=2, name=HOSTILE, id=HOSTILE)
    scenario = {
        **run.scenario,
        "title": HOSTILE,
        "name": HOSTILE,
        "hypothesis": HOSTILE,
        "mix": {HOSTILE: 1.0},
    }
    measurement = dataclasses.replace(
        run.points[0].measurements[0],
        by_name={HOSTILE: {"requests": 5, "failures": 1, "mean_ms": 3.0, "p95_ms": 4.0}},
        errors=[{"name": HOSTILE, "error": HOSTILE, "count": 1}],
    )
    point = dataclasses.replace(run.points[0], label=HOSTILE, limit=HOSTILE, measurements=(measurement,))
    environment = {**run.environment, "cpu_model": HOSTILE, HOSTILE: HOSTILE}
    hostile = dataclasses.replace(run, scenario=scenario, points=(point,), environment=environment)
    for runs in ([hostile], [hostile, dataclasses.replace(hostile, kind="sweep", factor=HOSTILE)]):
        page = Page(report_html(runs))
        assert len(page.scripts) == 3
        assert not page.tags("img")
        assert HOSTILE in page.text


def test_several_runs_share_one_page() -> None:
    text = report_html([replica_sweep(), replica_sweep(name="again"), bench()])
    page = Page(text)
    assert text.count(PLOTLY) == 1
    levels = list(page.headings())
    assert levels.count(1) == 1
    assert max(levels) == 3
    _, rows = page.table("Runs in this report")
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert "plot-overlay" not in page.plots  # a bench has no curve
    assert "plot-overlay" in Page(report_html([replica_sweep(), replica_sweep(values=(1, 2, 4, 8))])).plots


def test_no_runs_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        report_html([])


def test_the_environment_is_disclosed_and_gaps_are_named() -> None:
    page = Page(report_html([bench()]))
    machine = {row[0]: row[1] for row in page.table("Machine and software")[1]}
    assert machine["CPU model"] == "Synthetic CPU @ 2.50GHz"
    assert machine["memory"] == "24,576 MiB"
    assert machine["git revision"] == "0123456789ab"
    assert machine["images: scalability-lab/web:0.1.0"] == "ab12" * 3
    load = {row[0]: row[1] for row in page.table("Load and procedure")[1]}
    assert load["think time"] == "none"
    assert load["ramp / warm-up / window"] == "2 s / 8 s / 20 s"
    assert "seed 20260101" in load["blocks and order"]
    bare = {
        row[0]: row[1]
        for row in Page(report_html([bench(environment={}, load={})])).table("Machine and software")[1]
    }
    assert bare["kernel"] == "not recorded"


def test_the_plot_library_is_imported_only_when_a_page_is_made() -> None:
    import ast
    from pathlib import Path

    import lab.report

    for path in Path(lab.report.__file__).parent.glob("*.py"):
        top = ast.parse(path.read_text(encoding="utf-8")).body
        names = [n.module or "" for n in top if isinstance(n, ast.ImportFrom)] + [
            a.name for n in top if isinstance(n, ast.Import) for a in n.names
        ]
        assert not [name for name in names if name.startswith("plotly")], path


def test_two_runs_are_compared_and_a_cause_is_not_made_up() -> None:
    page = Page(
        report_html([replica_sweep(invalid=None, id="a"), replica_sweep(invalid=None, id="b", seed=3)])
    )
    assert page.table("What differs")[1] == [["procedure: seed", "20260101", "3", "no"]]
    assert "A/A: no difference expected at 2" in page.text
    other = replica_sweep(invalid=None, id="c", environment={}, load={"model": "closed", "users": 8})
    page = Page(report_html([replica_sweep(invalid=None, id="a"), other]))
    assert "Not comparable: " in page.text
    assert "raised throughput" not in page.text
