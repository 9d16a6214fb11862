"""The last sections of a run: errors, validity, and what every figure must disclose."""

from __future__ import annotations

from lab.model.run import Run
from lab.report.disclosure import environment_rows, load_rows, quota_rows, topology_rows
from lab.report.facts import counts, factor_words
from lab.report.markup import Section, details, paragraph, table
from lab.report.numbers import NOTHING, percent, with_unit
from lab.report.sections_detail import every, measurement_name


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
    """Return every measurement with its verdict and the reasons."""
    valid, total = counts(run)
    rows, css = [], []
    for point, m in every(run):
        css.append("" if m.is_valid else "bad")
        rows.append(
            (
                point.label,
                str(m.block),
                "✓ VALID" if m.is_valid else "✗ INVALID, repeated" if m.repeated else "✗ INVALID",
                with_unit(m.throughput_rps, "req/s"),
                with_unit(m.latency.p95_ms, "ms"),
                f"{m.failures:,} of {m.requests:,}",
                percent(m.generator_cpu_ratio),
                percent(m.host_idle_ratio),
                with_unit(m.work_ms, "ms"),
                "; ".join(m.problems) or "every gate passed",
            )
        )
    header = (
        factor_words(run) or "point",
        "block",
        "verdict",
        "throughput",
        "p95",
        "failed",
        "generator CPU",
        "machine idle",
        "unit of work",
        "reasons",
    )
    said = paragraph(
        f"{valid} of {total} measurements passed every gate. An INVALID one counts for nothing and is in no curve; its seconds can be looked at above."
    )
    return Section(
        slug=f"{prefix}validity",
        title="May these figures be trusted?",
        html=said + table("Every measurement", header, rows, row_css=css),
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
