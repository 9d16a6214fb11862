"""The page's filters: which points, tiers and measurements are shown. Native controls, so the keyboard works."""

from __future__ import annotations

from collections.abc import Sequence

from lab.model.run import Run
from lab.report.markup import text
from lab.report.tiers import ORDER


def filters_html(runs: Sequence[Run]) -> str:
    """Return the form; the page's script shows it, so that nobody without it meets controls that do nothing."""
    points = list(dict.fromkeys(point.label for run in runs for point in run.points))
    seen = {use.tier for run in runs for point in run.points for m in point.measurements for use in m.use}
    choices: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "point": ("Point", [(label, label) for label in points]),
        "tier": ("Tier", [(tier, tier) for tier in ORDER if tier in seen]),
        "valid": ("Measurements", [("valid", "VALID only"), ("invalid", "INVALID only")] if points else []),
    }
    controls = "".join(
        _select(key, label, options) for key, (label, options) in choices.items() if len(options) > 1
    )
    if not controls:
        return ""
    return (
        f'<form class="filters" role="search" aria-label="Filters" hidden>{controls}'
        '<button type="reset">Show everything</button><p class="shown" role="status" aria-live="polite"></p></form>\n'
    )


def _select(key: str, label: str, options: Sequence[tuple[str, str]]) -> str:
    words = "".join(f'<option value="{text(value)}">{text(shown)}</option>' for value, shown in options)
    return f'<label>{text(label)} <select data-filter="{key}"><option value="">all</option>{words}</select></label>'
