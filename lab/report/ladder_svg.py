"""Several topologies side by side, each tier in its own row: what a step adds is what appears in a row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from lab.model.run import Point
from lab.report.markup import text
from lab.report.numbers import TIMES
from lab.report.topology_svg import Box, behind, front, squares, svg

_ROWS: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")
_WIDTH: Final = 1320
_ROW_H: Final = 92
_CARD_H: Final = 74
_TOP: Final = 58
MAX_COLUMNS: Final = 6


def boxes_by_tier(point: Point) -> dict[str, Box]:
    """Return the tiers that a topology has."""
    return {box.tier: box for box in [*front(point), *behind(point)]}


def _settings_line(box: Box) -> str:
    return "".join(line for line in box.lines if line.startswith(("sessions", "uploads")))


def _change_words(box: Box) -> str:
    """Return what a step does to a tier that was there before, short enough for its card."""
    if box.tier == "web":
        state = _settings_line(box)
        return "now stateless" if "sessions: cache" in state and "MinIO" in state else "changed"
    return {"cache": "+ cached reads", "db-primary": "fewer reads"}.get(box.tier, "changed")


def _change(box: Box, before: Box | None, *, is_first: bool) -> str:
    if is_first:
        return ""
    if before is None:
        return "new"
    if box.count != before.count:
        return f"{before.count} → {box.count}"
    is_other = box.edge != before.edge or (
        box.tier == "web" and _settings_line(box) != _settings_line(before)
    )
    return _change_words(box) if is_other else ""


def _card(box: Box, change: str, x: float, y: float, width: float) -> str:
    css = " added" if change else ""
    count = f" {TIMES}{box.count}" if box.count > 1 else ""
    parts = [
        f'<g class="box {box.tier}{css}"><rect class="card" x="{x:g}" y="{y:g}" width="{width:g}" height="{_CARD_H}" rx="9"/>',
        f'<text class="small-name" x="{x + 12:g}" y="{y + 27:g}">{text(box.title)}{count}</text>',
        squares(x + 12, y + _CARD_H - 24, box.count, box.tier, 11),
    ]
    if change:
        parts.append(
            f'<text class="change" x="{x + width - 10:g}" y="{y + _CARD_H - 12:g}">{text(change)}</text>'
        )
    return "".join([*parts, "</g>"])


def ladder_svg(points: Sequence[Point], prefix: str = "") -> str:
    """Return the steps of a ladder, at most six, from left to right."""
    shown = points[:MAX_COLUMNS]
    step = _WIDTH / len(shown)
    width = step - 26
    parts = []
    for i, point in enumerate(shown):
        x = i * step + 13
        now, before = boxes_by_tier(point), boxes_by_tier(shown[i - 1]) if i else {}
        parts.append(f'<text class="step" x="{x + width / 2:g}" y="34">{text(point.label)}</text>')
        ys = {tier: _TOP + _ROWS.index(tier) * _ROW_H for tier in now}
        order = sorted(ys.values())
        for upper, lower in pairwise(order):
            parts.append(f'<path class="wire" d="M{x + width / 2:g},{upper + _CARD_H:g} V{lower:g}"/>')
        for tier, box in now.items():
            parts.append(_card(box, _change(box, before.get(tier), is_first=i == 0), x, ys[tier], width))
    label = "The steps: " + "; ".join(
        f"{p.label}: {', '.join(_named(b) for b in boxes_by_tier(p).values())}" for p in shown
    )
    return svg(_WIDTH, _TOP + len(_ROWS) * _ROW_H, label, "".join(parts), prefix)


def _named(box: Box) -> str:
    return f"{box.count} {box.title}"
