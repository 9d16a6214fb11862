"""The first sections of a run: what was found, what limits it, and the topology."""

from __future__ import annotations

from lab.model.run import Point, Run
from lab.model.verdict import limit_words
from lab.report.axis import factor_key, factor_words, is_host_bound, where
from lab.report.facts import verdict
from lab.report.findings import result_sentences
from lab.report.ladder_svg import MAX_COLUMNS, ladder_svg
from lab.report.markup import Section, details, filter_words, paragraph, text
from lab.report.procedure import caption
from lab.report.topology_svg import topology_svg


def result_section(run: Run, prefix: str) -> Section:
    """Return the sentences that people quote, the verdict and the hypothesis."""
    first, *others = result_sentences(run)
    css = "verdict good" if run.is_valid else "verdict bad"
    parts = [paragraph(first, "big"), *(paragraph(sentence, "finding") for sentence in others)]
    parts.append(f'<p class="{css}">{text(verdict(run))}</p>\n')
    hypothesis = run.scenario.get("hypothesis")
    if hypothesis:
        parts.append(paragraph(f"Expected beforehand: {hypothesis}", "quiet"))
    return Section(slug=f"{prefix}result", title="Result", html="".join(parts))


def limits_section(run: Run, prefix: str) -> Section | None:
    """Return what binds at each point, in one sentence with its evidence; None when nothing was judged."""
    judged = [point for point in run.points if point.limit or point.verdict]
    if not judged:
        return None
    items = "".join(_limit_item(run, point) for point in judged)
    note = "The rules, and what makes a verdict sure, are in docs/measuring.md. `lab explain RUN --verify` tests one by intervention."
    html = f'<dl class="limits">{items}</dl>\n' + paragraph(note.replace("`", ""), "quiet")
    return Section(slug=f"{prefix}limits", title="What limits it", html=html)


def _limit_item(run: Run, point: Point) -> str:
    found = point.verdict
    term = where(run, point) if run.factor else point.label
    said, following = limit_words(found) if found else (point.limit, point.next_limit)
    evidence = "".join(f"<li>{text(line)}</li>" for line in found.evidence) if found else ""
    shown = details("Evidence", f"<ul>{evidence}</ul>") if evidence else ""
    words = f"{said}; next: {following}" if following else said
    html = f"<p>{text(words)}</p>{shown}"
    css = ' class="bound"' if is_host_bound(point) else ""
    filters = filter_words(point=point.label, is_valid=bool(point.valid))
    return f"<div{css}{filters}><dt>{text(term)}</dt><dd>{html}</dd></div>\n"


def topology_section(run: Run, prefix: str) -> Section:
    """Return the picture: of the one topology, or of the ladder when the tiers themselves change."""
    points = list(run.points)
    if factor_key(run) == "stage" and 1 < len(points) <= MAX_COLUMNS:
        picture, title = ladder_svg(points, prefix), "What each step adds"
        note = "Each column is one topology; a thick border and a word mark what its step adds or changes. One square is one container."
    else:
        picture, title = (
            topology_svg(points[-1], {**run.load, **points[-1].setting}, prefix),
            "What was measured",
        )
        note = "One square is one container. Dashed boxes behind a tier stand for its other containers."
        if len(points) > 1:
            note = f"The picture shows {factor_words(run)} = {points[-1].label}, the last of {', '.join(p.label for p in points)}. {note}"
    small = f'<small class="disclosed">{text(caption(run))}</small>'
    html = f'<figure><div class="scroll" tabindex="0" role="region" aria-label="{text(title)}: picture">{picture}</div><figcaption>{text(note)}{small}</figcaption></figure>\n'
    return Section(slug=f"{prefix}topology", title=title, html=html)
