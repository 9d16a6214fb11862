"""A service level objective, read from words, and whether a window kept it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lab.errors import BadInput, did_you_mean
from lab.model.gates import MAX_ERROR_RATIO
from lab.model.measurement import Latency, Measurement

LATENCIES: Final = ("mean", "p50", "p95", "p99", "max")
ERRORS: Final = "errors"
_TERM: Final = re.compile(r"\s*([a-z0-9]+)\s*(?:<=|<|=)\s*([0-9.]+)\s*(ms|s|%)?\s*")
_EXAMPLE: Final = "like p95<200ms, or p95=200ms,errors=0.1% which no shell mangles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One limit: a latency in milliseconds, or the share of failed requests. A window keeps it at or below `limit`."""

    metric: str
    limit: float

    def __str__(self) -> str:
        """Return it as people write it: `p95 <= 200 ms`."""
        return (
            f"{ERRORS} <= {self.limit:.2%}"
            if self.metric == ERRORS
            else f"{self.metric} <= {self.limit:g} ms"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """All limits of an objective; every one must be kept."""

    bounds: tuple[Bound, ...]

    def __str__(self) -> str:
        """Return the limits in the order in which they were given."""
        return ", ".join(str(bound) for bound in self.bounds)


def parse_slo(text: str) -> Slo:
    """Return the objective in `p95<200ms` or `p95=200ms,errors=0.1%`.

    Raises:
        BadInput: with every problem at once.
    """
    bounds: list[Bound] = []
    problems: list[str] = []
    for part in text.split(","):
        found = _bound(part)
        if isinstance(found, str):
            problems.append(f"--slo: {found}")
        elif any(found.metric == bound.metric for bound in bounds):
            problems.append(f"--slo: {found.metric} is given twice: {text!r}")
        else:
            bounds.append(found)
    if not problems and all(bound.metric == ERRORS for bound in bounds):
        problems.append(f"--slo: needs a latency, one of {', '.join(LATENCIES)}; got {text!r}")
    if problems:
        raise BadInput("\n".join(problems), hint=_EXAMPLE)
    if all(
        bound.metric != ERRORS for bound in bounds
    ):  # what every objective includes unless it says otherwise
        bounds.append(Bound(metric=ERRORS, limit=MAX_ERROR_RATIO))
    return Slo(bounds=tuple(bounds))


def _bound(part: str) -> Bound | str:
    """Return a limit, or what is wrong with its words."""
    match = _TERM.fullmatch(part)
    if match is None:
        return f"must be METRIC<LIMIT; got {part.strip()!r}"
    metric, number, unit = match.groups(default="")
    if number.count(".") > 1 or number == ".":
        return f"{metric}: {number!r} is no number"
    if metric == ERRORS:
        return _error_bound(number, unit)
    if metric not in LATENCIES:
        known = (*LATENCIES, ERRORS)
        return f"unknown metric {metric!r}{did_you_mean(metric, known)}; allowed: {', '.join(known)}"
    return _latency_bound(metric, number, unit)


def _error_bound(number: str, unit: str) -> Bound | str:
    ratio = float(number) / 100 if unit == "%" else float(number)
    if unit in {"ms", "s"} or not 0 <= ratio < 1:
        return f"errors: must be a share like 0.1% or 0.001; got {number + unit!r}"
    return Bound(metric=ERRORS, limit=ratio)


def _latency_bound(metric: str, number: str, unit: str) -> Bound | str:
    if unit not in {"ms", "s"}:
        return f"{metric}: needs a unit, ms or s; got {number + unit!r}"
    limit_ms = float(number) * 1000 if unit == "s" else float(number)
    if not 0 < limit_ms <= 60_000:
        return f"{metric}: must be more than 0 and at most 60 s; got {number + unit!r}"
    return Bound(metric=metric, limit=limit_ms)


def broken(slo: Slo, measurement: Measurement) -> list[str]:
    """Return the limits that a window did not keep, each with what it was; empty when it kept all."""
    found = []
    for bound in slo.bounds:
        value = _value(bound.metric, measurement)
        if value > bound.limit:
            was = f"{value:.2%}" if bound.metric == ERRORS else f"{value:,.0f} ms"
            found.append(f"{bound.metric} {was}")
    return found


def _value(metric: str, measurement: Measurement) -> float:
    if metric == ERRORS:
        return measurement.failures / measurement.requests if measurement.requests else 1.0
    return _latency_ms(metric, measurement.latency)


def _latency_ms(metric: str, latency: Latency) -> float:
    return float(getattr(latency, f"{metric}_ms"))
