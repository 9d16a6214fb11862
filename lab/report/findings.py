"""The sentences under the title: what a run found, most important first."""

from __future__ import annotations

from lab.model.run import Point, Run
from lab.report.facts import p95_ms, plottable, shape, speed_up, where
from lab.report.numbers import interval_text, mean_and_half_width, plain, times


def result_sentences(run: Run) -> list[str]:
    """Return what was found, one sentence each, most important first."""
    points = plottable(run)
    if not points:
        return ["No valid measurement: nothing here may be quoted. The reasons are in the validity table."]
    if len(points) == 1:
        return [_one_point(run, points[0]), *_limits(points[0], "Limit")]
    best = max(points, key=lambda point: point.throughput.mean if point.throughput else 0.0)
    other = best if best is not points[0] else points[-1]
    sentences = _growth(run, points[0], other)
    if other is not points[-1]:
        sentences.append(
            f"{_capital(where(run, points[-1]))} gave no more: {mean_and_half_width(points[-1].throughput)} req/s."
        )
    return [*sentences, *_limits(points[-1], f"Limit at {where(run, points[-1])}")]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _one_point(run: Run, point: Point) -> str:
    p95 = p95_ms(point)
    tail = f", p95 {plain(p95)} ms" if p95 is not None else ""
    return f"{interval_text(point.throughput, 'req/s')}{tail}, with {shape(point)} and {run.load.get('users', '?')} users."


def _growth(run: Run, first: Point, other: Point) -> list[str]:
    found = speed_up(other, first)
    basis = (
        "speed-normalised, paired by block"
        if found and found.is_normalised
        else "as measured, paired by block"
    )
    spread = (
        f"; 95 % interval {found.low:.2f} to {found.high:.2f}" if found and found.low and found.high else ""
    )
    factor = times(found.ratio if found else None)
    claim = f"{_capital(where(run, other))}: {mean_and_half_width(other.throughput)} req/s, {factor} against {where(run, first)}"
    return [
        f"{claim} ({mean_and_half_width(first.throughput)} req/s).",
        f"{factor}: {basis}{spread}.{_plus_minus(other)}",
    ]


def _plus_minus(point: Point) -> str:
    found = point.throughput
    return (
        f" ±: 95 % interval over {found.n} blocks."
        if found and found.half_width is not None
        else " One block: no interval."
    )


def _limits(point: Point, prefix: str) -> list[str]:
    if not point.limit:
        return []
    following = f"; next: {point.next_limit}" if point.next_limit else ""
    return [f"{prefix}: {point.limit}{following}."]
