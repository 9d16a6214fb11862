"""Runs on a terminal: the short last screen, the curve as bars, the rows of the per-tier table. Lines, no markup."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from lab.model.measurement import Measurement
from lab.model.run import Point, Run
from lab.report.axis import factor_words, is_plottable, option, plottable, where
from lab.report.bars import bar, plain_ascii
from lab.report.facts import THIS_MACHINE_ONLY, p95_ms, scenario_name, shape
from lab.report.numbers import (
    NOTHING,
    interval_text,
    mean_and_half_width,
    mebibytes,
    percent,
    plain,
    short,
    times,
)
from lab.report.speed_up import speed_up
from lab.report.tiers import signals, tier_uses
from lab.report.validity import generator_line

TIER_HEADER: Final = ("tier", "n", "CPU of quota", "throttled", "memory", "what else tells")
_MIN_BAR: Final = 6
_MAX_REASONS: Final = 3
_WIDE: Final = 72


def _label(word: str, width: int) -> str:
    return word if len(word) <= width else word[: width - 1] + "…"


def _note_of(point: Point) -> str:
    bad = len(point.measurements) - len(point.valid)
    return ("!" if bad and is_plottable(point) else "") + ("*" if point.host_bound else "")


def _value(point: Point, *, normalised: bool) -> str:
    raw = mean_and_half_width(point.throughput) + _note_of(point)
    return f"{raw} ({mean_and_half_width(point.normalised)})" if normalised and point.normalised else raw


def curve_lines(run: Run, width: int = 80, *, is_ascii: bool = False) -> list[str]:
    """Return throughput by point as horizontal bars with spread and speed-up; INVALID points are marked, not drawn.

    Args:
        width: columns of the terminal; from 40 on nothing is cut off but long labels.
    """
    points = plottable(run)
    base = points[0] if points else None
    top = max((p.throughput.mean for p in points if p.throughput), default=1.0) or 1.0
    labels = [_label(p.label, max(6, width // 4)) for p in run.points]
    name_width = max((len(label) for label in labels), default=1)
    values = [_value(p, normalised=width >= _WIDE) if p in points else "" for p in run.points]
    value_width = max((len(value) for value in values), default=0)
    ups = [times(found.ratio) if base and (found := speed_up(p, base)) else "" for p in run.points]
    up_width = max((len(up) for up in ups), default=0)
    bar_width = width - name_width - value_width - up_width - 3
    bar_width -= 2 * max((value.count("±") for value in values), default=0) if is_ascii else 0  # becomes +/-
    if bar_width < _MIN_BAR:
        ups, bar_width = [""] * len(ups), max(_MIN_BAR, bar_width + up_width + 1)
    columns = "req/s as measured, (speed-normalised)" if width >= _WIDE else "req/s"
    lines = textwrap.wrap(f"{factor_words(run)}: {columns}, ± 95 %, speed-up", width)
    for point, label, value, up in zip(run.points, labels, values, ups, strict=True):
        if not is_plottable(point):
            lines.append(f"{label:<{name_width}} INVALID"[:width])
            continue
        share = point.throughput.mean / top if point.throughput else 0.0
        drawn = bar(share, bar_width, is_ascii=is_ascii)
        lines.append(f"{label:<{name_width}} {drawn:<{bar_width}} {value:>{value_width}} {up}".rstrip())
    lines += _footnotes(run, width)
    return [plain_ascii(line) for line in lines] if is_ascii else lines


def _footnotes(run: Run, width: int) -> list[str]:
    lines: list[str] = []
    for point in run.points:
        bad = [m for m in point.measurements if not m.is_valid]
        if bad:
            reasons = list(dict.fromkeys(problem for m in bad for problem in m.problems))[:_MAX_REASONS]
            text = f"! {point.label}: {len(bad)} of {len(point.measurements)} INVALID, left out: {'; '.join(reasons)}"
            lines += textwrap.wrap(text, width, subsequent_indent="  ")
    bound = [point for point in run.points if point.host_bound]
    if bound:
        text = f"* {', '.join(point.label for point in bound)}: host-bound on that machine: {bound[0].host_bound}"
        lines += textwrap.wrap(text, width, subsequent_indent="  ")
    return lines


def _totals(measurements: Sequence[Measurement]) -> str:
    failures, requests = sum(m.failures for m in measurements), sum(m.requests for m in measurements)
    return f"{failures:,} of {requests:,} failed"


def _verdict(run: Run) -> str:
    if not run.is_valid or not any(p.measurements for p in run.points):
        return "INVALID"
    return "VALID" + (f" ({n} spoiled, left out)" if (n := sum(len(p.left_out) for p in run.points)) else "")


def quote_line(run: Run) -> str:
    """Return the line that people quote; a sweep's names its highest valid point."""
    if not run.points:
        return f"{scenario_name(run)} · nothing measured · INVALID"
    points = plottable(run) or list(run.points)
    point = max(points, key=lambda p: p.throughput.mean if p.throughput else 0.0)
    chosen = point.valid or list(point.measurements)
    rate = interval_text(point.throughput, "req/s") if point.throughput else "no valid throughput"
    place = shape(point) if run.factor in {"", "replicas"} else where(run, point)
    parts = [
        scenario_name(run),
        place,
        rate,
        f"p95 {plain(p95_ms(point))} ms",
        _totals(chosen),
        _verdict(run),
    ]
    return " · ".join(parts)


def limit_line(run: Run) -> str:
    """Return what binds at the last valid point, and what would bind next; empty when nothing is known."""
    points = plottable(run)
    if not points or not points[-1].limit:
        return ""
    last = points[-1]
    place = f" at {where(run, last)}" if run.factor else ""
    following = f"; next: {last.next_limit}" if last.next_limit else ""
    return f"limit{place}: {last.limit}{following}" + ("; host-bound by plan" if last.host_bound else "")


def next_command(run: Run) -> str:
    """Return the command that lifts what binds in a bench; empty where no single command would."""
    points = plottable(run)
    if run.factor or not run.is_valid or not points:
        return ""
    point = points[-1]
    replicas, copies = option(point, "replicas"), option(point, "db_replicas")
    if point.limit.startswith("web") and isinstance(replicas, int):
        return (
            "lab up --stage balanced"
            if option(point, "balance") == "none"
            else f"lab scale web={replicas + 1}"
        )
    if point.limit.startswith("db-replica") and isinstance(copies, int):
        return f"lab scale db-replica={copies + 1}"
    if point.limit.startswith("db-primary") and option(point, "cache") == "off":
        return "lab up --stage cached"
    return ""


def bench_lines(
    run: Run, report: str = "", next_step: str | None = None, *, width: int = 0, is_ascii: bool = False
) -> list[str]:
    """Return the short last screen: what was measured, what binds, how far it may be carried, what to do next.

    Args:
        report: where the report is; left out when empty.
        next_step: the command to suggest; None takes `next_command`.
        width: wrap at this many columns; 0 does not wrap.
    """
    step = next_command(run) if next_step is None else next_step
    pointers = [f"report: {report}"] if report else []
    pointers += [f"next: {step}"] if step else []
    lines = [
        line for line in (quote_line(run), limit_line(run), generator_line(run), THIS_MACHINE_ONLY) if line
    ]
    tail = "     ".join(pointers)
    lines += pointers if width and len(tail) > width else [tail] if tail else []
    if width:  # a path or a command is for copying: it is never broken
        lines = [
            part
            for line in lines
            for part in textwrap.wrap(
                line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            )
        ]
    return [plain_ascii(line) for line in lines] if is_ascii else lines


def tier_rows(measurements: Sequence[Measurement]) -> list[tuple[str, str, str, str, str, str]]:
    """Return the per-tier table under `TIER_HEADER`: means over the measurements."""
    return [
        (
            use.tier,
            str(use.containers),
            percent(use.cpu_of_quota_ratio)
            if use.cpu_of_quota_ratio is not None
            else f"{short(round(use.cpu_cores, 2))} cores",
            percent(use.throttled_ratio) if use.quota_cores is not None else NOTHING,
            mebibytes(use.memory_bytes),
            " · ".join(signals(use)),
        )
        for use in tier_uses(measurements)
    ]
