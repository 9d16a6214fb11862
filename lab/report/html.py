"""The HTML report: one file that needs no network, for a lecture hall, for paper and for a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from lab.model.run import Run
from lab.report.axis import plottable
from lab.report.facts import THIS_MACHINE_ONLY, scenario_name, scenario_title, what_varied
from lab.report.filters import filters_html
from lab.report.markup import Section, script_json, text
from lab.report.overview import overview_section
from lab.report.sections_curve import curve_section
from lab.report.sections_detail import pages_section, series_section, tiers_section
from lab.report.sections_kinds import procedure_section
from lab.report.sections_latency import latency_section
from lab.report.sections_result import limits_section, result_section, topology_section
from lab.report.sections_trust import environment_section, errors_section, validity_section

# The page may run its own scripts and styles and nothing else: it cannot reach a network even by mistake.
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:;"
    " base-uri 'none'; form-action 'none'"
)


def sections_of(run: Run, prefix: str) -> list[Section]:
    """Return a run's sections from the result down to the environment."""
    if not run.points:
        return [result_section(run, prefix), environment_section(run, prefix)]
    found: list[Section | None] = [result_section(run, prefix)]
    procedure = procedure_section(run, prefix)
    latency = latency_section(run, prefix) if plottable(run) else None
    is_search = run.kind == "capacity"
    found += [latency if is_search else None, None if run.kind == "sweep" else procedure]
    if run.factor:
        found += [curve_section(run, prefix)]
    found += [topology_section(run, prefix), limits_section(run, prefix)]
    if plottable(run):
        found += [None if is_search else latency, None if run.factor else pages_section(run, prefix)]
    found += [
        tiers_section(run, prefix),
        series_section(run, prefix),
        errors_section(run, prefix),
        validity_section(run, prefix),
        procedure if run.kind == "sweep" else None,
        environment_section(run, prefix),
    ]
    return [section for section in found if section is not None]


def _section_html(section: Section, level: int) -> str:
    return (
        f'<section id="{section.slug}" aria-labelledby="{section.slug}-h"><h{level} id="{section.slug}-h">{text(section.title)}'
        f"</h{level}>\n{section.html}</section>\n"
    )


def _contents(sections: Sequence[Section]) -> str:
    links = "".join(f'<li><a href="#{section.slug}">{text(section.title)}</a></li>' for section in sections)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n'


def _article(run: Run, sections: Sequence[Section], number: int) -> str:
    inner = "".join(_section_html(section, 3) for section in sections)
    head = f"<h2>{text(scenario_title(run))}</h2><p class='varied'>{text(what_varied(run))} · run {text(run.id)}</p>"
    return f'<article id="run-{number}">{head}{_contents(sections)}{inner}</article>\n'


def _page(title: str, subtitle: str, body: str, sections: Sequence[Section]) -> str:
    from plotly.offline import get_plotlyjs

    here = files("lab.report")
    css, js = (here.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    plots = {
        plot.id: [figure for _, figure in plot.variants] for section in sections for plot in section.plots
    }
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="scalability-lab">
<title>{text(title)}</title>
<link rel="icon" href="data:,">
<style>
{css}</style>
</head>
<body>
<a class="skip" href="#{sections[0].slug}">Skip to the result</a>
<header><h1>{text(title)}</h1><p class="varied">{text(subtitle)}</p></header>
<noscript><p class="noscript">The plots need JavaScript. Every figure is also in the tables.</p></noscript>
<main id="main" tabindex="-1">
{body}</main>
<footer><p>{text(THIS_MACHINE_ONLY[0].upper() + THIS_MACHINE_ONLY[1:])}.</p></footer>
<script>{get_plotlyjs()}</script>
<script type="application/json" id="plots">{script_json(plots)}</script>
<script>
{js}</script>
</body>
</html>
"""


def report_html(runs: Sequence[Run]) -> str:
    """Return the report of one or several runs as one self-contained page of about 5 MB, plot library included.

    Raises:
        ValueError: no runs.
    """
    if not runs:
        raise ValueError("a report needs at least one run")
    if len(runs) == 1:
        run = runs[0]
        sections = sections_of(run, "")
        body = (
            _contents(sections)
            + filters_html(runs)
            + "".join(_section_html(section, 2) for section in sections)
        )
        return _page(scenario_title(run), f"{scenario_name(run)} · {what_varied(run)}", body, sections)
    overview = overview_section(runs)
    per_run = [sections_of(run, f"r{i}-") for i, run in enumerate(runs, 1)]
    articles = "".join(
        _article(run, found, i) for i, (run, found) in enumerate(zip(runs, per_run, strict=True), 1)
    )
    names = ", ".join(dict.fromkeys(scenario_name(run) for run in runs))
    everything = [overview, *(section for found in per_run for section in found)]
    return _page(
        f"{len(runs)} runs", names, filters_html(runs) + _section_html(overview, 2) + articles, everything
    )
