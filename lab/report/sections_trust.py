"""The last sections of a run: errors, validity, and what every figure must disclose."""

from __future__ import annotations

from lab.model.run import Run
from lab.report.chart_timeline import MIN_WINDOWS, timeline_figure
from lab.report.disclosure import environment_rows, quota_rows, topology_rows
from lab.report.facts import counts
from lab.report.markup import Plot, Section, details, figure, filter_words, paragraph, table
from lab.report.numbers import NOTHING, percent
from lab.report.procedure import caption, load_rows
from lab.report.sections_detail import every, measurement_name
from lab.report.validity import gate_rows, measurement_rows


def errors_section(run: Run, prefix: str) -> Section:
    """Return the failed requests of all measurements, by kind."""
    failed = sum(m.failures for _, m in every(run))
    total = sum(m.requests for _, m in every(run))
    said = paragraph(f"{failed:,} of {total:,} requests failed, INVALID measurements included.")
    rows = [
        (
            measurement_name(run, point, m),
            str(error.get("name", "?")),
            str(error.get("error", "?")),
            f"{int(error.get('count', 0)):,} times",
        )
        for point, m in every(run)
        for error in m.errors
    ]
    if rows:
        said += table("Errors", ("measurement", "request", "error", "count"), rows)
    return Section(slug=f"{prefix}errors", title="Errors", html=said)


def validity_section(run: Run, prefix: str) -> Section:
    """Return every measurement with its verdict and the reasons, what the gates looked at, and the order in time."""
    valid, total = counts(run)
    filters = [filter_words(point=point.label, is_valid=m.is_valid) for point, m in every(run)]
    css = ["" if m.is_valid else "bad" for _, m in every(run)]
    said = paragraph(
        f"{valid} of {total} measurements passed every gate. An INVALID one counts for nothing and is in no curve; its seconds can be looked at above."
    )
    plots = []
    if total >= MIN_WINDOWS:
        plots = [
            Plot(
                id=f"{prefix}plot-timeline",
                variants=[("", timeline_figure(run))],
                describe="Throughput and the unit of work of each window in the order measured; rejected windows are only marked. The tables below have all figures.",
            )
        ]
        note = "Each mark is one window, named after its point, in the order measured. Crosses, and the shade around them: rejected windows, whose figures are not drawn. A unit of work that takes longer: the machine was slower."
        said += figure(plots[0], note, caption(run))
    return Section(
        slug=f"{prefix}validity",
        title="May these figures be trusted?",
        html=said
        + table("Every measurement", *measurement_rows(run), row_css=css, row_filters=filters)
        + details(
            "What the gates looked at",
            table("What the gates looked at", *gate_rows(run), row_css=css, row_filters=filters),
        ),
        plots=plots,
    )


def environment_section(run: Run, prefix: str) -> Section:
    """Return what every figure of this page must disclose."""
    parts = [
        table("Load and procedure", ("what", "value"), load_rows(run)),
        table("Machine and software", ("what", "value"), environment_rows(run)),
        table("CPU plan", ("tier", "containers", "CPU of each"), quota_rows(run)),
        details("Every topology option", table("Topology", ("option", "value"), topology_rows(run)), is_open=True),
        table("Request mix, as declared", ("page", "share"), [(str(k), percent(float(v))) for k, v in _mix(run).items()]) if _mix(run) else "",
        table(
            "Run", ("what", "value"),
            [("id", run.id), ("name", run.name or NOTHING), ("measured", run.created_at), ("scenario's files, sha256", str(run.scenario.get("sha256", NOTHING))[:12])],
        ),
    ]  # fmt: skip
    return Section(slug=f"{prefix}environment", title="Where and how it was measured", html="".join(parts))


def _mix(run: Run) -> dict[str, float]:
    mix = run.scenario.get("mix")
    return {str(k): float(v) for k, v in mix.items()} if isinstance(mix, dict) else {}
