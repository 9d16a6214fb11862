"""A scenario: what users do, what we expect to see, and which sweep shows it. Two files, a Locust file and a TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lab.errors import BadInput, did_you_mean

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")
MIX_TOLERANCE: Final = 1e-6

# key: (types, required)
_KEYS: Final[Mapping[str, tuple[tuple[type, ...], bool]]] = {
    "title": ((str,), True),
    "hypothesis": ((str,), True),
    "description": ((str,), False),
    "mix": ((dict,), True),
    "users": ((int,), True),
    "think_s": ((int, float), True),
    "warmup_s": ((int, float), True),
    "duration_s": ((int, float), True),
    "data": ((str,), True),
    "sweep": ((str,), True),
    "needs": ((list,), False),
    "zipf_s": ((int, float), False),
    "verify": ((bool,), False),
}
_BOUNDS: Final = {"users": (1, 10_000), "think_s": (0, 600), "warmup_s": (0, 3600), "duration_s": (1, 86_400)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario as read from its two files.

    Attributes:
        mix: share of each action; the shares sum to 1.
        data: `reads` leaves the data set as it was, `writes` does not: it is restored before each point.
        sweep: the options of the sweep that shows the hypothesis.
        verify: check each page once before the load; off where the failures are what a scenario shows.
        settings: the whole TOML, handed to the generator.
        locustfile: the text of the Python file.
    """

    name: str
    title: str
    hypothesis: str
    description: str
    mix: Mapping[str, float]
    users: int
    think_s: float
    warmup_s: float
    duration_s: float
    data: str
    sweep: str
    needs: tuple[str, ...] = ()
    verify: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    locustfile: str = ""
    folder: str = ""


def _key_problems(document: Mapping[str, Any]) -> list[str]:
    found = [f"{key}: unknown key{did_you_mean(key, tuple(_KEYS))}" for key in document if key not in _KEYS]
    for key, (types, required) in _KEYS.items():
        if key not in document:
            if required:
                found.append(f"{key}: missing")
        elif not isinstance(document[key], types) or (isinstance(document[key], bool) and bool not in types):
            found.append(f"{key}: must be {' or '.join(t.__name__ for t in types)}; got {document[key]!r}")
    return found


def _value_problems(document: Mapping[str, Any]) -> list[str]:
    found = []
    for key, (low, high) in _BOUNDS.items():
        if not low <= document[key] <= high:
            found.append(f"{key}: must be from {low} to {high}; got {document[key]!r}")
    if document["data"] not in {"reads", "writes"}:
        found.append(f"data: must be reads or writes; got {document['data']!r}")
    shares = document["mix"]
    bad = [f"mix.{k}: must be a share from 0 to 1; got {v!r}" for k, v in shares.items() if not _is_share(v)]
    if bad:
        return found + bad
    total = sum(shares.values())
    if abs(total - 1) > MIX_TOLERANCE:
        found.append(f"mix: the shares must sum to 1; they sum to {total:g}")
    return found


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def parse_scenario(name: str, toml: str, locustfile: str, *, path: str) -> Scenario:
    """Return the scenario in the two texts.

    Args:
        path: the TOML's path, for messages.

    Raises:
        BadInput: with every problem at once.
    """
    if not NAME.fullmatch(name):
        raise BadInput(f"{path}: the name must be a-z, 0-9 and -, starting with a letter; got {name!r}")
    try:
        document = tomllib.loads(toml)
    except (ValueError, RecursionError) as error:  # no TOML, a very long number, endless nesting
        raise BadInput(f"{path}: not TOML: {error}") from None
    problems = _key_problems(document) or _value_problems(document)
    if problems:
        raise BadInput(
            "\n".join(f"{path}: {problem}" for problem in problems), hint="CONTRIBUTING.md, Add a scenario"
        )
    return Scenario(
        name=name,
        title=document["title"],
        hypothesis=document["hypothesis"],
        description=document.get("description", ""),
        mix=dict(document["mix"]),
        users=document["users"],
        think_s=float(document["think_s"]),
        warmup_s=float(document["warmup_s"]),
        duration_s=float(document["duration_s"]),
        data=document["data"],
        sweep=document["sweep"],
        needs=tuple(document.get("needs", ())),
        verify=document.get("verify", True),
        settings=document,
        locustfile=locustfile,
    )
