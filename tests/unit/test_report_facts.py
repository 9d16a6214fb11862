"""Numbers, speed-ups, tiers and the sentences under the title."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from typing import Any

import pytest

from lab.model.measurement import Steady
from lab.model.run import Interval, Point
from lab.model.stats import interval
from lab.model.topology import resolve
from lab.report.axis import numeric_axis, where
from lab.report.chart_curve import curve_figure, ideal_line
from lab.report.chart_load import utilisation
from lab.report.chart_pages import by_page, pages_figure
from lab.report.chart_series import phases, series_figure
from lab.report.disclosure import environment_rows, readable, topology_rows
from lab.report.findings import result_sentences
from lab.report.ladder_svg import ladder_svg
from lab.report.markup import script_json, text
from lab.report.numbers import (
    interval_text,
    mean_and_half_width,
    metric_label,
    metric_text,
    percent,
    plain,
    times,
    unbroken,
    with_unit,
)
from lab.report.procedure import load_rows
from lab.report.speed_up import speed_up, speed_up_text
from lab.report.tiers import tier_uses
from lab.report.topology_svg import topology_svg
from tests.unit.run_samples import (
    bench,
    replica_sweep,
    sample_measurement,
    sample_point,
    stage_sweep,
    user_sweep,
)


def _interval(mean: float, half: float | None, n: int = 3) -> Interval:
    return Interval(mean=mean, half_width=half, n=n)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (_interval(241.3, 6.2), "241 ± 6"),
        (_interval(24.23, 1.71), "24.2 ± 1.7"),
        (_interval(241.3, 0.31), "241.3 ± 0.3"),
        (_interval(1.234, 0.001), "1.234 ± 0.001"),
        (_interval(14460.4, 120.7), "14,460 ± 121"),
        (_interval(24.23, None, 1), "24.2"),
        (None, "\u2013"),
    ],
)
def test_a_mean_and_its_spread_share_their_decimals(found: Interval | None, words: str) -> None:
    assert mean_and_half_width(found) == words


def test_intervals_say_what_they_are() -> None:
    assert interval_text(_interval(241.3, 6.2, 5), "req/s") == "241 ± 6 req/s (95 %, n=5)"
    assert interval_text(_interval(241.3, None, 1), "req/s") == "241 req/s (n=1, no interval)"


def test_small_formats() -> None:
    assert [percent(r) for r in (None, 0.0, 0.004, 0.12, 1.0)] == ["\u2013", "0 %", "0.4 %", "12 %", "100 %"]
    assert [plain(v) for v in (None, math.nan, 0, 3.14159, 31.4159, 3141.59)] == [
        "\u2013",
        "\u2013",
        "0",
        "3.14",
        "31.4",
        "3,142",
    ]
    assert [times(v) for v in (None, 1, 4.111, 120)] == ["\u2013", "\u00d71.00", "\u00d74.11", "\u00d7120"]
    assert with_unit(29.4, "/s") == "29.4/s"
    assert unbroken("p95 182 ms, 241 ± 6 req/s") == "p95\u00a0182\u00a0ms, 241\u00a0±\u00a06\u00a0req/s"


@pytest.mark.parametrize(
    ("name", "value", "label", "words"),
    [
        ("hit_ratio", 0.93, "hit", "93 %"),
        ("lag_ms", 11.0, "lag", "11.0 ms"),
        ("requests_per_s", 59.84, "requests", "59.8/s"),
        ("sent_bytes_per_s", 2 * 2**20, "sent", "2.00 MiB/s"),
        ("busy_workers", 7.6, "busy workers", "7.6 (count)"),
        ("web/BACKEND.qtime", 42.0, "web/BACKEND.qtime", "42.0 ms"),
    ],
)
def test_metrics_carry_the_unit_of_their_name(name: str, value: float, label: str, words: str) -> None:
    assert metric_label(name) == label
    assert metric_text(name, value) == words


def _point(label: str, rates: dict[int, float], *, normalised: bool = True) -> Point:
    topology = resolve({})
    found = []
    for block, rate in rates.items():
        m = sample_measurement(topology, 10, block)
        found.append(dataclasses.replace(m, throughput_rps=rate, normalised_rps=rate if normalised else None))
    return sample_point(label, {"replicas": int(label)}, topology, found, ("web CPU", ""))


def test_speed_up_is_the_geometric_mean_of_ratios_within_blocks() -> None:
    base, point = _point("1", {1: 10, 2: 20}), _point("2", {1: 20, 2: 80})
    found = speed_up(point, base)
    assert found is not None
    assert found.ratio == pytest.approx(math.sqrt(2 * 4))
    half = interval([math.log(2), math.log(4)])
    assert half is not None
    assert half.half_width is not None
    assert found.low == pytest.approx(found.ratio / math.exp(half.half_width))
    assert (found.n, found.is_normalised) == (2, True)


def test_speed_up_uses_common_blocks_and_says_when_it_is_raw() -> None:
    found = speed_up(_point("2", {2: 40, 3: 60}, normalised=False), _point("1", {1: 5, 2: 20}))
    assert found is not None
    assert (found.ratio, found.low, found.n, found.is_normalised) == (pytest.approx(2.0), None, 1, False)
    assert speed_up_text(found) == "\u00d72.00"


def test_speed_up_without_common_blocks_is_the_ratio_of_means() -> None:
    found = speed_up(_point("2", {3: 40}), _point("1", {1: 10}))
    assert found is not None
    assert (found.ratio, found.n) == (pytest.approx(4.0), 0)


def test_axis_is_numeric_only_when_every_label_is_a_number() -> None:
    assert numeric_axis(replica_sweep()) == {"1": 1.0, "2": 2.0, "4": 4.0}
    assert numeric_axis(stage_sweep()) is None
    assert numeric_axis(bench()) is None


def test_ideal_line_needs_a_first_point_above_zero() -> None:
    run = replica_sweep(values=(1, 2), invalid=None)
    zero = dataclasses.replace(run.points[0], label="0")
    other = dataclasses.replace(run, points=(zero, run.points[1]))
    assert ideal_line(other, numeric_axis(other) or {}) is None
    line = ideal_line(run, {"1": 1.0, "2": 2.0})
    assert line is not None
    assert line[1][1] == pytest.approx(2 * line[1][0])


def test_stages_are_bars_and_numbers_a_curve() -> None:
    assert {trace["type"] for trace in curve_figure(stage_sweep())["data"]} == {"bar", "scatter"}
    assert {trace["type"] for trace in curve_figure(user_sweep())["data"]} == {"scatter"}
    names = [trace["name"] for trace in curve_figure(replica_sweep())["data"]]
    assert "as measured" in names
    assert any(name.startswith("speed-normalised") for name in names)


def test_raw_only_runs_have_one_series() -> None:
    run = replica_sweep(values=(1, 2), invalid=None)
    points = [
        dataclasses.replace(
            p,
            normalised=None,
            measurements=[dataclasses.replace(m, normalised_rps=None) for m in p.measurements],
        )
        for p in run.points
    ]
    names = [trace["name"] for trace in curve_figure(dataclasses.replace(run, points=points))["data"]]
    assert not any("normalised" in name for name in names)


def test_error_bars_are_the_half_widths() -> None:
    run = replica_sweep(invalid=None)
    trace = next(t for t in curve_figure(run)["data"] if t["name"] == "as measured")
    assert trace["error_y"]["array"] == [p.throughput.half_width for p in run.points if p.throughput]
    assert trace["y"] == [p.throughput.mean for p in run.points if p.throughput]


def test_utilisation_leaves_out_tiers_without_a_quota() -> None:
    found = utilisation(replica_sweep().points)
    assert list(found) == ["web", "db-primary", "db-replica"]
    assert list(found["web"]) == ["1", "2", "4"]
    assert all(0 <= ratio <= 1 for by_point in found.values() for ratio in by_point.values())


def test_tier_use_sums_cores_over_containers_and_averages_over_measurements() -> None:
    measurements = bench(repeat=2).points[0].measurements
    web = next(use for use in tier_uses(measurements) if use.tier == "web")
    cores = [use.cpu_cores for m in measurements for use in m.use if use.tier == "web"]
    assert web.containers == 3
    assert web.cpu_cores == pytest.approx(sum(cores) / 2)
    assert web.cpu_of_quota_ratio == pytest.approx(sum(cores) / 6 / 0.1)


def test_pages_are_weighted_by_answers() -> None:
    m = bench(repeat=1).points[0].measurements[0]
    one = dataclasses.replace(
        m, by_name={"feed": {"requests": 11, "failures": 1, "mean_ms": 10.0, "p95_ms": 20.0}}
    )
    two = dataclasses.replace(
        m, by_name={"feed": {"requests": 30, "failures": 0, "mean_ms": 30.0, "p95_ms": 40.0}}
    )
    assert by_page([one, two])["feed"] == {"requests": 41, "failures": 1, "mean_ms": 25.0, "p95_ms": 35.0}


def test_a_page_that_was_never_answered_has_no_latency_and_no_bar() -> None:
    m = bench(repeat=1).points[0].measurements[0]
    dead = {"requests": 3, "failures": 3, "mean_ms": None, "p95_ms": None}
    live = {"requests": 10, "failures": 0, "mean_ms": 10.0, "p95_ms": 20.0}
    pages = by_page([dataclasses.replace(m, by_name={"dead": dead, "feed": live})])
    assert pages["dead"]["requests"] == 3
    assert math.isnan(pages["dead"]["mean_ms"])
    assert pages_figure(pages)["data"][0]["y"] == ["feed · 10 requests"]


def test_phases_cover_the_series_without_gaps() -> None:
    found = phases(bench(repeat=1).points[0].measurements[0].series)
    assert [phase for phase, _, _ in found] == ["ramp", "warmup", "measure"]
    assert found[0][2] == found[1][1]
    assert found[1][2] == found[2][1]


def test_cache_hits_have_a_panel_of_their_own_where_the_run_has_them() -> None:
    m = bench(repeat=1).points[0].measurements[0]
    figure = series_figure(m)
    hits = next(trace for trace in figure["data"] if trace["name"] == "cache hits")
    assert hits["yaxis"] == "y3"
    assert hits["y"][0] is None  # not read yet: a gap, no zero
    assert hits["y"][-1] == 93.0
    domains = [figure["layout"][axis]["domain"] for axis in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] == 1
    assert domains[2][0] == 0
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))
    assert figure["layout"]["xaxis"]["anchor"] == "y3"  # the words of the axis stand below the lowest
    bare = dataclasses.replace(m, series=[dataclasses.replace(s, hit_ratio=None) for s in m.series])
    assert "yaxis3" not in series_figure(bare)["layout"]
    assert series_figure(bare)["layout"]["xaxis"]["anchor"] == "y2"


def test_the_time_series_shows_what_happened() -> None:
    m = bench(repeat=1, failures=3).points[0].measurements[0]
    m = dataclasses.replace(m, steady=Steady(throughput_s=0.0, latency_s=5.0, hit_ratio_s=None))
    figure = series_figure(m, lifted_s=5.0)
    said = {word["text"]: word for word in figure["layout"]["annotations"]}
    assert said["CPU quotas back"]["x"] == 4.0
    assert said["steady from here"]["x"] == 14.5  # the latest of the series
    for words in ("CPU quotas back", "steady from here"):  # between the panels, where they hide no curve
        panels = [figure["layout"][axis]["domain"] for axis in ("yaxis", "yaxis2", "yaxis3")]
        assert not [(low, high) for low, high in panels if low <= said[words]["y"] <= high]
    failed = next(trace for trace in figure["data"] if trace["name"].startswith("failed"))
    assert (failed["x"], failed["text"]) == ([20.0], ["3 failed"])
    early = dataclasses.replace(m, steady=Steady(throughput_s=0.0, latency_s=0.0, hit_ratio_s=None))
    assert "steady from here" not in str(series_figure(early)["layout"])  # the whole window is


def test_sentences_of_a_sweep() -> None:
    sentences = result_sentences(replica_sweep(values=(1, 2, 4), invalid=None))
    assert sentences[0].startswith("4 web replicas: ")
    assert sentences[0].endswith("\u00d74.01 against 1 web replica (23.5 ± 3.3 req/s).")
    assert "95 % interval" in sentences[1]
    assert sentences[-1] == "Limit at 4 web replicas: web CPU, 97% of its quota; next: db-primary."


def test_a_sweep_that_peaks_before_its_end_says_so() -> None:
    sentences = result_sentences(stage_sweep())
    assert sentences[0].startswith("Stage cached: ")
    assert any(sentence.startswith("Stage replicated gave no more: ") for sentence in sentences)


def test_a_place_in_words() -> None:
    assert where(replica_sweep(), replica_sweep().points[0]) == "1 web replica"
    assert where(user_sweep(), user_sweep().points[3]) == "64 users"
    shares = dataclasses.replace(replica_sweep(), factor="web-cpu")
    assert where(shares, shares.points[0]) == "CPU of each web replica, cores = 1"


def _labels(svg: str) -> str:
    return svg[svg.index("aria-label") : svg.index(">")].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("options", "present", "absent"),
    [
        (
            {"stage": "single"},
            ["1 Apache + PHP", "1 MySQL primary"],
            ["HAProxy", "memcached", "replica", "MinIO (S3)"],
        ),
        ({"stage": "balanced", "replicas": 5}, ["1 HAProxy", "5 Apache + PHP"], ["memcached"]),
        (
            {"stage": "full", "cache_nodes": 2},
            ["2 memcached", "2 MySQL replica", "1 MinIO (S3)", "0.15 core each"],
            [],
        ),
    ],
)
def test_the_picture_shows_what_the_topology_has(
    options: dict[str, Any], present: list[str], absent: list[str]
) -> None:
    topology = resolve(options)
    point = sample_point("x", {}, topology, [sample_measurement(topology, 20, 1)], ("", ""))
    label = _labels(topology_svg(point, {"users": 64}))
    assert all(word in label for word in present)
    assert not any(word in label for word in absent)


def test_the_ladder_marks_what_each_step_adds() -> None:
    svg = ladder_svg(stage_sweep().points)
    for words in ("new", "1 → 3", "now stateless", "+ cached reads", "fewer reads"):
        assert f">{words}</text>" in svg


def test_readable_values_of_the_environment() -> None:
    assert readable("images", "sha256:" + "ab12" * 16) == "ab12ab12ab12"
    assert readable("memory_bytes", 2**30) == "1,024 MiB"
    assert readable("x", None) == "not recorded"
    assert readable("has_quota", True) == "yes"
    assert readable("x", []) == "none"


def test_rows_of_the_disclosure_name_units_and_what_varied() -> None:
    run = replica_sweep()
    options = dict(topology_rows(run))
    assert options["--replicas"] == "1, 2, 4"
    assert options["--web-cpu"] == "0.1 cores each"
    assert dict(environment_rows(run))["reference work"] == "3.2 ms"
    assert "1 INVALID" in dict(load_rows(run))["measurements"]


def test_markup_is_escaped_in_text_and_in_scripts() -> None:
    assert text('<b title="x">&\'') == "&lt;b title=&quot;x&quot;&gt;&amp;&#x27;"
    raw = script_json({"x": "</script><!-- & \u2028"})
    assert not any(char in raw for char in "<>&\u2028")
