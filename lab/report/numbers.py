"""Numbers as people read them: three digits that matter, a spread beside a mean, and always a unit."""

from __future__ import annotations

import math
import re
from typing import Final

from lab.model.run import Interval

NOTHING: Final = "\N{EN DASH}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
_MIB: Final = 1024 * 1024
_MAX_DECIMALS: Final = 4

# Suffix of a metric's name -> (factor, unit shown). The longest suffix that fits wins.
_UNITS: Final = {
    "_bytes_per_s": (1 / _MIB, "MiB/s"),
    "_ms_per_s": (1.0, "ms/s"),
    "_per_s": (1.0, "/s"),
    "_ratio": (100.0, "%"),
    "_bytes": (1 / _MIB, "MiB"),
    "_kbytes": (1 / 1024, "MiB"),
    "_rps": (1.0, "req/s"),
    "_cores": (1.0, "cores"),
    "_ms": (1.0, "ms"),
    "_us": (1.0, "µs"),
    "_s": (1.0, "s"),
}
_HAPROXY_MS: Final = (".qtime", ".rtime", ".ttime")  # HAProxy's own names carry no unit


def decimals_of(value: float) -> int:
    """Return how many decimals show three significant digits."""
    size = abs(value)
    return 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2


def plain(value: float | None, decimals: int | None = None) -> str:
    """Return a number with thousands separators, or a dash for None and NaN."""
    if value is None or math.isnan(value):
        return NOTHING
    return f"{value:,.{decimals_of(value) if decimals is None else decimals}f}"


def short(value: float) -> str:
    """Return a number without superfluous zeros: `64`, `0.1`, `14,460`."""
    text = f"{value:,.3f}"
    return text.rstrip("0").rstrip(".")


def with_unit(value: float | None, unit: str) -> str:
    """Return a number and its unit; a dash alone when there is no number."""
    text = plain(value)
    return text if text == NOTHING else f"{text}{unit}" if unit.startswith("/") else f"{text} {unit}"


def percent(ratio: float | None) -> str:
    """Return a ratio as a percentage: whole from 10 %, else with one decimal."""
    if ratio is None or math.isnan(ratio):
        return NOTHING
    value = 100 * ratio
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def mean_and_half_width(interval: Interval | None) -> str:
    """Return `241 ± 6`: both with the same decimals, and enough of them that the spread is not shown as 0."""
    if interval is None:
        return NOTHING
    half = interval.half_width
    decimals = decimals_of(interval.mean)
    if half is None or math.isnan(half):
        return plain(interval.mean, decimals)
    while half > 0 and round(half, decimals) == 0 and decimals < _MAX_DECIMALS:
        decimals += 1
    return f"{plain(interval.mean, decimals)} ± {plain(half, decimals)}"


def interval_text(interval: Interval | None, unit: str) -> str:
    """Return `241 ± 6 req/s (95 %, n=5)`; a single window has no interval and says so."""
    if interval is None:
        return NOTHING
    spread = f"95 %, n={interval.n}" if interval.half_width is not None else "n=1, no interval"
    return f"{mean_and_half_width(interval)} {unit} ({spread})"


def times(factor: float | None) -> str:
    """Return a speed-up: a multiplication sign and the factor."""
    return NOTHING if factor is None else f"{TIMES}{factor:.2f}" if factor < 100 else f"{TIMES}{factor:,.0f}"


def mebibytes(size_bytes: float) -> str:
    """Return a size in MiB."""
    return with_unit(size_bytes / _MIB, "MiB")


def duration(seconds: float) -> str:
    """Return seconds, or minutes from two minutes on."""
    return f"{short(seconds)} s" if seconds < 120 else f"{short(round(seconds / 60, 1))} min"


def metric_text(name: str, value: float) -> str:
    """Return a metric's value with the unit that its name carries: `hit_ratio` .92 is `92 %`."""
    if name.endswith(_HAPROXY_MS):
        return with_unit(value, "ms")
    for suffix, (factor, unit) in _UNITS.items():
        if name.endswith(suffix):
            return percent(value) if unit == "%" else with_unit(value * factor, unit)
    return f"{short(round(value, 2))} (count)"


def metric_label(name: str) -> str:
    """Return a metric's name in words, without the unit: `busy_workers` is `busy workers`."""
    bare = next((name.removesuffix(suffix) for suffix in _UNITS if name.endswith(suffix)), name)
    return bare.replace("_", " ")


def unbroken(text: str) -> str:
    """Keep a number, its name and its unit on one line: the spaces between them become non-breaking ones."""
    joined = re.sub(r"(?<=[\d)]) (?=(?:req/s|MiB|cores?|users|ms|s|%|min|h|µs|GiB)(?![\w]))", "\u00a0", text)
    joined = re.sub(r"(?<=\bp\d\d) (?=\d)", "\u00a0", joined)
    return re.sub(r"± (?=\d)", "±\u00a0", joined.replace(" ± ", "\u00a0±\u00a0"))
