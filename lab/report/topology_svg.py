"""The topology as a picture: who talks to whom, how many of each, and how much CPU each may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lab.model.run import Point
from lab.report.axis import option
from lab.report.markup import text
from lab.report.numbers import TIMES, short

_WIDTH: Final = 1320
_BOX_W: Final = 270
_BOX_H: Final = 124
_GAP: Final = 28
_LOAD_W: Final = 112
_COLUMNS: Final = (10, 170, 500, 1040)  # left edges: load, balancer, web, what stands behind
_MAX_SQUARES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One tier in the picture."""

    tier: str
    title: str
    count: int
    lines: Sequence[str]
    edge: str = ""  # what the web tier asks it for


def cores_words(quota_cores: float | None, *, each: bool) -> str:
    """Return a CPU share in words."""
    if quota_cores is None:
        return "CPU: no limit of its own"
    return f"{short(quota_cores)} core{' each' if each else ''}"


def quotas(point: Point) -> dict[str, float | None]:
    """Return one container's CPU quota by tier, as measured; else as configured."""
    found: dict[str, float | None] = {}
    for measurement in point.measurements:
        for use in measurement.use:
            found.setdefault(use.tier, use.quota_cores)
    for tier, key in (("web", "web_cpu"), ("db-primary", "db_cpu"), ("db-replica", "db_replica_cpu")):
        share = option(point, key)
        if tier not in found and isinstance(share, int | float):
            found[tier] = float(share)
    return found


def _count(point: Point, key: str) -> int:
    value = option(point, key, 0)
    return value if isinstance(value, int) else 0


def _share(point: Point, tier: str, count: int) -> list[str]:
    known = quotas(point)
    return [cores_words(known[tier], each=count > 1)] if tier in known else []


def _cache_edge(point: Point) -> str:
    asks = ["sessions"] if option(point, "sessions") == "cache" else []
    return " + ".join([*asks, *(["cached reads"] if option(point, "cache") == "aside" else [])])


def front(point: Point) -> list[Box]:
    """Return the balancer, if there is one, and the web tier."""
    replicas = max(1, _count(point, "replicas"))
    uploads = "MinIO" if option(point, "store") == "s3" else "own disk"
    boxes = []
    if option(point, "balance", "leastconn") != "none":
        lines = [str(option(point, "balance", "")), *_share(point, "balancer", 1)]
        boxes.append(Box(tier="balancer", title="HAProxy", count=1, lines=lines))
    lines = [
        *_share(point, "web", replicas),
        f"sessions: {option(point, 'sessions', '?')}",
        f"uploads: {uploads}",
    ]
    boxes.append(Box(tier="web", title="Apache + PHP", count=replicas, lines=lines))
    return boxes


def behind(point: Point) -> list[Box]:
    """Return what the web tier asks: cache, databases, object store; only what is there."""
    boxes = []
    nodes, replicas = _count(point, "cache_nodes"), _count(point, "db_replicas")
    if nodes:
        boxes.append(
            Box(
                tier="cache",
                title="memcached",
                count=nodes,
                lines=_share(point, "cache", nodes),
                edge=_cache_edge(point),
            )
        )
    edge = "writes, fresh reads" if replicas else "all reads and writes"
    boxes.append(
        Box(
            tier="db-primary", title="MySQL primary", count=1, lines=_share(point, "db-primary", 1), edge=edge
        )
    )
    if replicas:
        lines = [*_share(point, "db-replica", replicas), f"copies: {option(point, 'durability', 'async')}"]
        boxes.append(Box(tier="db-replica", title="MySQL replica", count=replicas, lines=lines, edge="reads"))
    if option(point, "store") == "s3":
        boxes.append(
            Box(tier="store", title="MinIO (S3)", count=1, lines=_share(point, "store", 1), edge="pictures")
        )
    return boxes


def squares(x: float, y: float, count: int, tier: str, size: float = 13) -> str:
    """Return one small square per container, at most sixteen."""
    step = size + 4
    shown = min(count, _MAX_SQUARES)
    return "".join(
        f'<rect class="square {tier}" x="{x + i * step:g}" y="{y:g}" width="{size:g}" height="{size:g}" rx="2"/>'
        for i in range(shown)
    )


def _box_svg(box: Box, x: float, y: float) -> str:
    count = f" {TIMES}{box.count}" if box.count > 1 else ""
    parts = [f'<g class="box {box.tier}">']
    parts += [
        f'<rect class="shadow" x="{x + 6 * depth:g}" y="{y - 6 * depth:g}" width="{_BOX_W}" height="{_BOX_H}" rx="10"/>'
        for depth in range(min(box.count, 3) - 1, 0, -1)
    ]
    parts.append(f'<rect class="card" x="{x:g}" y="{y:g}" width="{_BOX_W}" height="{_BOX_H}" rx="10"/>')
    parts.append(f'<text class="name" x="{x + 16:g}" y="{y + 32:g}">{text(box.title)}{count}</text>')
    for i, line in enumerate(box.lines):
        parts.append(f'<text class="line" x="{x + 16:g}" y="{y + 56 + 21 * i:g}">{text(line)}</text>')
    parts.append(squares(x + 16, y + _BOX_H - 17, box.count, box.tier, 12))
    return "".join([*parts, "</g>"])


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="arrow" d="M{x1:g},{y1:g} C{(x1 + x2) / 2:g},{y1:g} {(x1 + x2) / 2:g},{y2:g} {x2 - 3:g},{y2:g}" marker-end="url(#head)"/>'


def _load_svg(y: float, label: str) -> str:
    x, w = _COLUMNS[0], _LOAD_W
    words = "".join(
        f'<text class="line mid" x="{x + w / 2:g}" y="{y + 56 + 26 * i:g}">{text(word)}</text>'
        for i, word in enumerate(label.split("|"))
    )
    return f'<g class="box load"><rect class="card" x="{x}" y="{y:g}" width="{w}" height="{_BOX_H}" rx="56"/>{words}</g>'


def _load_words(load: Mapping[str, object]) -> str:
    rate = load.get("rate", load.get("rate_rps"))
    if load.get("model") == "open" and isinstance(rate, int | float):
        return f"{short(rate)}/s|offered"
    return f"{load.get('users', '?')}|users"


def in_words(point: Point) -> str:
    """Return the picture as a sentence, for a screen reader."""
    boxes = [*front(point), *behind(point)]
    return "Topology: " + "; ".join(
        f"{box.count} {box.title}" + (f" ({', '.join(box.lines)})" if box.lines else "") for box in boxes
    )


def topology_svg(point: Point, load: Mapping[str, object], prefix: str = "") -> str:
    """Return the picture of one point's topology; `prefix` keeps its names apart from those of another on the page."""
    right, left = behind(point), front(point)
    height = max(len(right), 2) * (_BOX_H + _GAP) + 10
    middle = (height - _BOX_H) / 2
    ys = [(height - len(right) * (_BOX_H + _GAP) + _GAP) / 2 + i * (_BOX_H + _GAP) for i in range(len(right))]
    parts = [_load_svg(middle, _load_words(load))]
    columns = [_COLUMNS[1], _COLUMNS[2]] if len(left) == 2 else [_COLUMNS[1] + 165]
    start = _COLUMNS[0] + _LOAD_W
    for x, box in zip(columns, left, strict=True):
        parts += [_arrow(start, middle + _BOX_H / 2, x, middle + _BOX_H / 2), _box_svg(box, x, middle)]
        start = x + _BOX_W + (6 * (min(box.count, 3) - 1))
    for y, box in zip(ys, right, strict=True):
        parts.append(_arrow(start, middle + _BOX_H / 2, _COLUMNS[3], y + _BOX_H / 2))
        parts.append(_box_svg(box, _COLUMNS[3], y))
        beside = 26 if y > middle else -12  # an arrow that leads down comes from above its label's place
        parts.append(
            f'<text class="edge" x="{_COLUMNS[3] - 14}" y="{y + _BOX_H / 2 + beside:g}">{text(box.edge)}</text>'
        )
    return svg(_WIDTH, height, in_words(point), "".join(parts), prefix)


def svg(width: float, height: float, label: str, inner: str, prefix: str = "") -> str:
    """Return an inline picture with a description and the arrow head that its lines use."""
    head = (
        f'<defs><marker id="{prefix}head" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0,0L10,5L0,10z"/></marker></defs>'
    )
    inner = inner.replace("url(#head)", f"url(#{prefix}head)")
    return f'<svg class="topology" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{text(label)}">{head}{inner}</svg>\n'
