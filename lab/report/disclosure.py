"""What a figure must disclose: machine, versions, CPU plan, load, order; and what was not recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lab.model.cpu import quota
from lab.model.run import Run
from lab.report.axis import option
from lab.report.numbers import NOTHING, mebibytes, metric_label, percent, short
from lab.report.tiers import tier_uses

NOT_RECORDED: Final = "not recorded"
SHARED: Final = "all tiers share this machine's cores, one disk, one page cache and the loopback network"
_DIGEST: Final = re.compile(r"^(?:[\w./:-]+@)?sha256:([0-9a-f]{12})[0-9a-f]+$")
_GIT: Final = re.compile(r"^[0-9a-f]{40}$")

# What must be there, and the ends of the environment's keys under which it may be.
_WANTED: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("CPU model", ("cpu: model", "cpu_model", "model")),
    ("cores", ("cpu: cores", "machine: cores", "cores")),
    ("memory", ("memory_bytes",)),
    ("kernel", ("kernel",)),
    ("cgroup version", ("cgroup_version", "cgroup")),
    ("container engine", ("engine_version", "engine: version", "docker")),
    ("git revision", ("git_revision", "git: revision", "revision", "git")),
)


def flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (`outer: inner`, value) of nested mappings; lists become one value."""
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}: ")
        else:
            yield name, value


def readable(key: str, value: object) -> str:
    """Return an environment value for people: digests short, sizes in MiB, lists joined."""
    if value is None or value == "":
        return NOT_RECORDED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(key, float(value))
    if isinstance(value, list | tuple):
        return ", ".join(readable(key, item) for item in value) or "none"
    found = _DIGEST.match(str(value))
    if found:
        return found.group(1)
    return str(value)[:12] if _GIT.match(str(value)) else str(value)


def _number(key: str, value: float) -> str:
    if key.endswith("_bytes"):
        return mebibytes(value)
    if key.endswith("_ratio"):
        return percent(value)
    for suffix, unit in (("_cores", "cores"), ("_ms", "ms"), ("_us", "µs"), ("_s", "s"), ("_rps", "req/s")):
        if key.endswith(suffix):
            return f"{short(value)} {unit}"
    return short(value)


def _find(values: Mapping[str, Any], endings: Sequence[str]) -> str | None:
    for ending in endings:
        for key in values:
            if key == ending or key.endswith(": " + ending):
                return key
    return None


def environment_rows(run: Run) -> list[tuple[str, str]]:
    """Return what must be disclosed about the machine first, then everything else that was recorded."""
    values = dict(flat(run.environment))
    rows, used = [], set()
    for label, endings in _WANTED:
        key = _find(values, endings)
        used.add(key)
        rows.append((label, readable(key, values[key]) if key else NOT_RECORDED))
    rows.append(("shared", SHARED))
    rest = [
        (key if "/" in key else metric_label(key), readable(key, value))
        for key, value in values.items()
        if key not in used
    ]
    return [*rows, *rest]


def quota_rows(run: Run) -> list[tuple[str, str, str]]:
    """Return (tier, containers, quota of each) over all points."""
    rows = []
    every = [m for point in run.points for m in point.measurements]
    numbers = {
        tier: sorted(
            {
                use.containers
                for point in run.points
                for use in tier_uses(point.measurements)
                if use.tier == tier
            }
        )
        for tier in {u.tier for m in every for u in m.use}
    }
    for use in tier_uses(every):
        seen = numbers[use.tier]
        count = str(seen[0]) if len(seen) == 1 else f"{seen[0]} to {seen[-1]}"
        rows.append(
            (
                use.tier,
                count,
                share_words(use.quota_cores),
            )
        )
    return rows


def share_words(quota_cores: float | None) -> str:
    """Return a CPU share with the period in which it is enforced: `0.1 cores in periods of 50 ms`."""
    if quota_cores is None:
        return "no limit of its own"
    return (
        f"{short(quota_cores)} cores in periods of {short(round(quota(quota_cores).period_us / 1000, 1))} ms"
    )


def topology_rows(run: Run) -> list[tuple[str, str]]:
    """Return every option; one that differs between points shows all its values."""
    names = list(dict.fromkeys(name for point in run.points for name in point.topology))
    rows = []
    for name in names:
        values = list(
            dict.fromkeys(str(option(point, name.replace("-", "_"), NOTHING)) for point in run.points)
        )
        unit = " cores each" if name.endswith("cpu") else ""
        rows.append((f"--{name.replace('_', '-')}", ", ".join(values) + unit))
    return rows
