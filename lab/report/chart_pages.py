"""One measurement by page kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lab.model.measurement import Measurement
from lab.report.chart_curve import Figure
from lab.report.numbers import short, with_unit


def by_page(measurements: Sequence[Measurement]) -> dict[str, dict[str, float]]:
    """Return requests, failures, mean_ms and p95_ms by page kind: counts summed, times weighted by answers.

    A page that was never answered has no times; here they are NaN.
    """
    found: dict[str, dict[str, float]] = {}
    answers: dict[str, float] = {}
    for name, row in (item for m in measurements for item in m.by_name.items()):
        total = found.setdefault(name, {"requests": 0.0, "failures": 0.0, "mean_ms": 0.0, "p95_ms": 0.0})
        requests, failures = row.get("requests") or 0.0, row.get("failures") or 0.0
        total["requests"] += requests
        total["failures"] += failures
        answers[name] = answers.get(name, 0.0) + requests - failures
        for key in ("mean_ms", "p95_ms"):
            total[key] += (requests - failures) * (row.get(key) or 0.0)
    for name, total in found.items():
        for key in ("mean_ms", "p95_ms"):
            total[key] = total[key] / answers[name] if answers[name] else math.nan
    return dict(sorted(found.items(), key=lambda item: -item[1]["requests"]))


def pages_figure(pages: Mapping[str, Mapping[str, float]]) -> Figure:
    """Return mean and p95 latency as bars by page kind, most requested first; without those that were never answered."""
    pages = {name: row for name, row in pages.items() if not math.isnan(row["mean_ms"])}
    names = [f"{name} · {short(row['requests'])} requests" for name, row in pages.items()]
    data = []
    for key, label, colour, pattern in (("p95_ms", "p95", "@p95", "/"), ("mean_ms", "mean", "@raw", "")):
        values = [row[key] for row in pages.values()]
        data.append(
            {
                "type": "bar", "orientation": "h", "name": label, "y": names, "x": values, "text": [with_unit(v, "ms") for v in values],
                "textposition": "outside", "cliponaxis": False, "hovertemplate": f"%{{y}}: {label} %{{x:.1f}} ms<extra></extra>",
                "marker": {"color": colour, "pattern": {"shape": pattern, "fgcolor": "@paper", "fillmode": "overlay", "size": 9}},
            }
        )  # fmt: skip
    widest = (
        max((max(row["p95_ms"], row["mean_ms"]) for row in pages.values()), default=0.0) or 1.0
    )  # room for the words
    layout = {
        "xaxis": {"title": {"text": "latency, ms"}, "range": [0, 1.15 * widest]}, "yaxis": {"autorange": "reversed", "automargin": True},
        "barmode": "group", "legend": {"traceorder": "reversed"},
    }  # fmt: skip
    return {"data": data, "layout": layout}
