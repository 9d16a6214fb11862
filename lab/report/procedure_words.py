"""What a run keeps of its procedure, in words for a person: labels and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.report.disclosure import readable
from lab.report.numbers import NOTHING, metric_label, short, times

# Keys whose own words would not tell a reader enough.
_LABELS: Final = {
    "slo": "objective", "saturation_rps": "most that users who wait for their answers get", "stopped": "stopped early",
    "holds_rps": "highest rate that holds", "holds_runs": "windows at it that held", "fails_rps": "lowest rate that does not hold",
    "fails_runs": "windows at it that did not hold", "confirmed": "confirmed by repetition", "trials": "Every window of the search", "rate_rps": "offered",
    "holds": "held", "demand": "The fewest replicas", "of": "intervention on run", "suspect": "suspected limit",
    "ratio: ratio": "throughput, raised against as it was", "ratio: low": "lower end of its interval", "ratio: high": "upper end of its interval",
    "ratio: pairs": "pairs of windows", "predicted_ratio": "predicted, if it is the limit", "needed_ratio": "needed to confirm it",
    "control": "control: also raised", "blocks_asked": "blocks asked for", "measured_s": "time it took", "precision_ratio": "precision asked for",
    "reached_ratio": "precision reached", "half_width_ratio": "half-width of the interval", "low": "from", "high": "to",
    "precision": "How precise each point is",
}  # fmt: skip
_RATES: Final = {"saturation_rps", "holds_rps", "fails_rps", "rate_rps"}  # they count actions, not requests
_FACTORS: Final = {"ratio", "low", "high", "ratio: ratio", "ratio: low", "ratio: high"}


def label(key: str) -> str:
    """Return a key of a procedure in words."""
    return _LABELS.get(key) or metric_label(key)


def value_words(key: str, value: object) -> str:
    """Return a value of a procedure in words; the key tells its unit."""
    if value is None:
        return "INVALID" if key == "holds" else NOTHING
    if isinstance(value, list | tuple):
        return _joined(key, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and key in _RATES:
        return f"{short(round(float(value), 1))} actions/s"  # type: ignore[arg-type]  # a number, as was just seen
    if is_number and (key in _FACTORS or (key.endswith("_ratio") and float(value) > 1)):  # type: ignore[arg-type]
        return times(float(value))  # type: ignore[arg-type]
    return readable(key, value).replace("<=", "\u2264")


def _joined(key: str, values: Sequence[object]) -> str:
    if key.endswith("_runs") and len(values) == 2:
        return f"{values[0]} of {values[1]}"
    return "; ".join(readable(key, value) for value in values) or NOTHING
