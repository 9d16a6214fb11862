"""The curve as a picture for slides and papers: SVG and PNG, drawn by matplotlib."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from lab.model.run import Interval, Point, Run
from lab.report.axis import factor_words, host_bound_span, is_host_bound, numeric_axis, place_word, plottable
from lab.report.chart_curve import ideal_line, top_of
from lab.report.chart_traces import HOST_BOUND, Series, series_of
from lab.report.facts import scenario_title
from lab.report.numbers import short
from lab.report.procedure import caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS: Final = ("svg", "png")
_DPI: Final = 200
_SIZE: Final = (11.0, 6.6)
_GREY, _TEXT, _GRID, _SHADE = "#5a6270", "#14181f", "#dfe4ea", "#e6e9ee"
_COLOURS: Final = {
    "@raw": "#0b5fa5", "@normalised": "#b3470b", "@cache": "#0a7a5c", "@db-replica": "#7a3e9d", "@store": "#8a6400", "@ideal": _GREY,
}  # fmt: skip
_MARKERS: Final = {"circle": "o", "diamond": "D", "diamond-open": "D", "square": "s", "triangle-up": "^", "star": "*", "cross": "P"}  # fmt: skip
_DASHES: Final = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (9, 3)), "longdashdot": (0, (9, 3, 2, 3))}  # fmt: skip
_STYLE: Final[Any] = {
    "font.size": 13, "axes.edgecolor": _TEXT, "axes.labelcolor": _TEXT, "text.color": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
    "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none", "svg.hashsalt": "scalability-lab",
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"],
}  # fmt: skip


def curve_pictures(run: Run) -> dict[str, bytes]:
    """Return the curve by format; empty when no point may be drawn. The same run gives the same bytes."""
    if not plottable(run):
        return {}
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        figure = _figure(run)
        return {kind: _saved(figure, kind) for kind in FORMATS}


def _saved(figure: Figure, kind: str) -> bytes:
    out = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(out, format=kind, dpi=_DPI, metadata=metadata, facecolor="white")
    return out.getvalue()


def _figure(run: Run) -> Figure:
    from matplotlib.figure import Figure

    said = textwrap.wrap(caption(run), 165)
    figure = Figure(figsize=(_SIZE[0], _SIZE[1] + 0.17 * len(said)))
    bottom = 0.14 + 0.026 * len(said)
    ax = figure.add_axes((0.085, bottom, 0.895, 0.83 - bottom))
    axis = numeric_axis(run) if run.factor else None
    places = axis or _word_places(run)
    for series, line in series_of(run):
        _draw(ax, series, line.points, places)
    _ground(ax, run, axis, places)
    figure.text(0.085, 0.955, scenario_title(run), fontsize=18, fontweight="bold", va="center")
    figure.text(0.085, 0.02, "\n".join(said), fontsize=8.5, color=_GREY, va="bottom", linespacing=1.35)
    return figure


def _word_places(run: Run) -> dict[str, float]:
    words = list(dict.fromkeys(place_word(run, point) for point in run.points))
    return {point.label: float(words.index(place_word(run, point))) for point in run.points}


def _draw(ax: Axes, series: Series, points: Sequence[Point], places: Mapping[str, float]) -> None:
    gaps = sorted(set(places.values()))
    step = min((b - a for a, b in pairwise(gaps)), default=1.0)
    shift = 0.03 * series.side * step
    free = [
        (p, found) for p in points if not is_host_bound(p) and (found := series.interval_of(p)) is not None
    ]
    bound = [(p, found) for p in points if is_host_bound(p) and (found := series.interval_of(p)) is not None]
    colour = _COLOURS[series.colour]
    _bars(ax, series, free, places, shift, colour, series.name)
    known = ax.get_legend_handles_labels()[1]
    _bars(ax, series, bound, places, shift, _GREY, "" if HOST_BOUND in known else HOST_BOUND)
    for point, _ in [*free, *bound]:
        values = [value for m in point.valid if (value := series.value_of(m)) is not None]
        shade = _GREY if is_host_bound(point) else colour
        ax.plot(
            [places[point.label] + 3 * shift] * len(values),
            values,
            ls="",
            marker="o",
            ms=4,
            mfc="none",
            mec=shade,
            alpha=0.8,
        )


def _bars(
    ax: Axes, series: Series, found: Sequence[tuple[Point, Interval]], places: Mapping[str, float], shift: float, colour: str, name: str
) -> None:  # fmt: skip
    if not found:
        return
    ax.errorbar(
        [places[point.label] + shift for point, _ in found], [each.mean for _, each in found],
        yerr=[each.half_width or 0.0 for _, each in found], color=colour, ecolor=colour, elinewidth=1.8, capsize=5, capthick=1.8, lw=2.2,
        ls=_DASHES[series.dash] if colour != _GREY else ":", marker=_MARKERS[series.symbol], ms=8,
        mfc="white" if series.symbol.endswith("-open") else colour, mew=2, label=name or "_", zorder=3,
    )  # fmt: skip


def _ground(ax: Axes, run: Run, axis: Mapping[str, float] | None, places: Mapping[str, float]) -> None:
    """Draw what stands behind the lines: ideal, host-bound region, grid, axes, legend."""
    line = ideal_line(run, axis) if axis else None
    if line:
        ax.plot(
            *line,
            color=_GREY,
            lw=1.3,
            ls=(0, (5, 4)),
            label="ideal: in proportion to the first point",
            zorder=1,
        )
    low, high = min(places.values()), max(places.values())
    margin = 0.06 * (high - low) or 0.5
    ax.set_xlim(low - margin, high + margin)
    span = host_bound_span(run, axis) if axis else None
    spans = [(span[0], high + margin)] if span else [] if axis else [(places[p.label] - 0.5, places[p.label] + 0.5) for p in run.points if is_host_bound(p)]  # fmt: skip
    for left, right in spans:
        ax.axvspan(left, right, color=_SHADE, zorder=0, lw=0)
        ax.text(
            (left + right) / 2,
            0.02,
            "host-bound",
            transform=ax.get_xaxis_transform(),
            ha="center",
            color=_GREY,
            fontsize=11,
        )
    ax.set_ylim(0, top_of(run, axis or {}))
    names = {places[p.label]: short(places[p.label]) if axis else place_word(run, p) for p in run.points}
    ax.set_xticks(list(names), list(names.values()))
    ax.set_xlabel(factor_words(run))
    ax.set_ylabel("successful requests per second")
    ax.grid(axis="y", color=_GRID, lw=0.8)
    ax.set_axisbelow(True)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.005, 1.0),
        ncols=2,
        frameon=False,
        fontsize=10.5,
        borderaxespad=0.2,
    )
