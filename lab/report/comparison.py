"""A comparison in words: lines for a terminal, and one JSON document."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from lab.model.causal import ratio_words
from lab.model.compare import Compared, Comparison, Side
from lab.model.differences import Difference, is_data_known
from lab.model.ratio import Ratio
from lab.model.run import Point
from lab.model.stats import mean
from lab.report.bars import plain_ascii
from lab.report.facts import counts, scenario_name, what_varied
from lab.report.numbers import interval_text, plain

_MANY: Final = 4


def basis_words(ratio: Ratio) -> str:
    """Return what a ratio rests on: `speed-normalised by web, paired in 5 blocks`, `as measured, Welch, n = 5 and 5`."""
    speed = (
        f"speed-normalised by {ratio.normalised_by}"
        if ratio.normalised_by
        else f"as measured: {ratio.why_raw}"
    )
    if ratio.is_paired:
        return f"95 %, {speed}; paired in {ratio.n_a} blocks"
    if ratio.low is None:
        return f"{speed}; {ratio.n_a} against {ratio.n_b} windows, no interval"
    return f"95 %, {speed}; two samples (Welch), {ratio.n_a} and {ratio.n_b} windows"


def _head(name: str, side: Side) -> str:
    valid, total = counts(side.run)
    saved = f" ({side.run.name})" if side.run.name else ""
    only = f" · point {side.points[0].label}" if len(side.points) == 1 < len(side.run.points) else ""
    return f"{name}  {side.run.id}{saved} · {scenario_name(side.run)} · {what_varied(side.run)}{only} · {valid} of {total} VALID"


def _figure(point: Point) -> str:
    if point.throughput is None:
        return "INVALID"
    works = [m.work_ms for m in point.valid if m.work_ms]
    unit = f", unit of work {plain(mean(works))} ms" if works else ""
    return f"{interval_text(point.throughput, 'req/s')} as measured{unit}"


def _difference_rows(found: Sequence[Difference]) -> list[str]:
    if not found:
        return []
    rows = [(d.group, d.name + ("" if d.is_factor else " (no cause)"), f"{d.a} → {d.b}") for d in found]
    first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
    return [f"  {group:<{first}}  {name:<{second}}  {change}" for group, name, change in rows]


def _point_lines(one: Compared, *, is_shown: bool) -> list[str]:
    lines = [f"{one.label}", f"  A  {_figure(one.a)}", f"  B  {_figure(one.b)}"]
    if one.ratio is not None and is_shown:
        lines.append(f"  B/A  {ratio_words(one.ratio)}  {basis_words(one.ratio)}")
    return lines


def comparison_lines(
    found: Comparison, width: int = 80, *, is_forced: bool = False, is_ascii: bool = False
) -> list[str]:
    """Return the two runs, what differs, the ratio per point, and one sentence for each point.

    Args:
        is_forced: show ratios and sentences although the two are not comparable, labelled as not causal.
    """
    is_shown = is_forced or not found.blockers
    lines = [_head("A", found.a), _head("B", found.b), ""]
    lines += (
        ["what differs, A → B", *_difference_rows(found.differences)]
        if found.differences
        else ["nothing differs"]
    )
    lines += [f"the same: {', '.join(found.same)}"] if found.same else []
    lines += [f"not compared: {', '.join(found.alone)}"] if found.alone else []
    for one in found.compared:
        lines += ["", *_point_lines(one, is_shown=is_shown)]
    if is_shown:
        lines += ["", *(one.sentence for one in found.compared), *notes(found)]
    wrapped = [part for line in lines for part in _wrapped(line, width)]
    return [plain_ascii(line) for line in wrapped] if is_ascii else wrapped


def _wrapped(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def notes(found: Comparison) -> list[str]:
    """Return what must be said beside the sentences: noise that is not known, chance among many, host-bound points."""
    said = []
    if not is_data_known(found.a.run, found.b.run):
        said.append("which data set they had is not recorded, or was in different database images")
    floors = [one.noise_ratio for one in found.compared if one.noise_ratio is not None]
    if floors:
        ends = dict.fromkeys(f"{100 * ratio:.1f}" for ratio in (min(floors), max(floors)))
        said.append(f"noise floor of this machine, from A/A runs: {' to '.join(ends)} %")
    if len(floors) < max(1, len(found.compared)):
        said.append(f"no A/A run of this machine: lab bench {scenario_name(found.a.run)} --aa")
    if len(found.compared) >= _MANY:
        said.append(f"{len(found.compared)} intervals of 95 %: one in 20 excludes 1 by chance")
    bound = [one.label for one in found.compared if one.a.host_bound or one.b.host_bound]
    if bound:
        said.append(f"host-bound by plan, so the machine may be the limit and no tier: {', '.join(bound)}")
    return said


def comparison_document(found: Comparison, *, is_forced: bool) -> dict[str, Any]:
    """Return the `lab.compare/1` document."""
    return {
        "schema": "lab.compare/1",
        "a": found.a.run.id,
        "b": found.b.run.id,
        "comparable": not found.blockers,
        "forced": is_forced,
        "reasons": list(found.blockers),
        "differences": [asdict(difference) for difference in found.differences],
        "same": list(found.same),
        "alone": list(found.alone),
        "points": [_point_document(one, is_shown=is_forced or not found.blockers) for one in found.compared],
        "notes": notes(found),
    }


def _point_document(one: Compared, *, is_shown: bool) -> dict[str, Any]:
    return {
        "label": one.label,
        "a": one.a.label,
        "b": one.b.label,
        "kind": one.kind,
        "noise_ratio": one.noise_ratio,
        "ratio": asdict(one.ratio) if one.ratio is not None and is_shown else None,
        "sentence": one.sentence if is_shown else "",
    }
