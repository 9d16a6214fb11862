"""The sentences under the title: what a run found, most important first."""

from __future__ import annotations

from lab.model.run import Point, Run
from lab.report.axis import is_host_bound, lines, place_word, plottable, where
from lab.report.capacity_text import capacity_lines
from lab.report.facts import THIS_MACHINE_ONLY, p95_ms, shape
from lab.report.numbers import interval_text, mean_and_half_width, plain, times
from lab.report.procedure import users_words
from lab.report.speed_up import speed_up, speed_up_text


def result_sentences(run: Run) -> list[str]:
    """Return what was found, one sentence each, most important first."""
    if run.kind == "capacity" and "slo" in run.procedure:
        return [_capital(line) for line in capacity_lines(run) if line != THIS_MACHINE_ONLY]
    if run.kind == "verify" and "outcome" in run.procedure:
        said = run.procedure
        return [f"Whether {said.get('suspect', '?')} is the limit: {said['outcome']}; {said.get('why', '')}."]
    points = plottable(run)
    if not points:
        return ["No valid measurement: nothing here may be quoted. The reasons are in the validity table."]
    if len(points) == 1:
        return [_one_point(run, points[0]), *_limits(points[0], "Limit")]
    if run.second_factor:
        return [*_lines_sentences(run), *_limits(points[-1], f"Limit at {where(run, points[-1])}")]
    free = [point for point in points if not is_host_bound(point)]
    shown = free if len(free) > 1 else points
    best = max(shown, key=_rate)
    other = best if best is not shown[0] else shown[-1]
    sentences = _growth(run, shown[0], other)
    if other is not shown[-1]:
        sentences.append(
            f"{_capital(where(run, shown[-1]))} gave no more: {mean_and_half_width(shown[-1].throughput)} req/s."
        )
    bound = [point for point in run.points if is_host_bound(point)]
    if bound and shown is free:
        sentences.append(
            f"At {', '.join(point.label for point in bound)} the machine is the limit (grey): left out of these sentences."
        )
    return [*sentences, *_limits(shown[-1], f"Limit at {where(run, shown[-1])}")]


def _rate(point: Point) -> float:
    return point.throughput.mean if point.throughput else 0.0


def _lines_sentences(run: Run) -> list[str]:
    """Return how far each line of a two-factor sweep goes: from its first point to its highest one."""
    sentences = []
    for line in lines(run):
        first, best = line.points[0], max(line.points, key=_rate)
        if len(line.points) > 1 and best is not first:
            growth = speed_up_text(speed_up(best, first))
            reach = f"from {mean_and_half_width(first.throughput)} at {place_word(run, first)} to {mean_and_half_width(best.throughput)} req/s"
            sentences.append(f"{_capital(line.name)}: {reach} at {place_word(run, best)}, {growth}.")
        else:
            sentences.append(f"{_capital(line.name)}: {mean_and_half_width(first.throughput)} req/s.")
    return sentences


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _one_point(run: Run, point: Point) -> str:
    p95 = p95_ms(point)
    tail = f", p95 {plain(p95)} ms" if p95 is not None else ""
    return f"{interval_text(point.throughput, 'req/s')}{tail}, with {shape(point)} and {users_words(run)}."


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
