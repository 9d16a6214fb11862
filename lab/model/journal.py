"""The journal of a sweep that is not finished: what was planned, and every window measured so far. Pure.

One JSON document a line. The first line is the plan; each later one begins a session or holds one finished visit. A
line is written in one piece after its window ended, so what a power cut can spoil is the last line only.

Format history:
    lab.journal/1  first format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

from lab.errors import BadInput
from lab.model.measurement import Measurement
from lab.model.shape import build

SCHEMA: Final = "lab.journal/1"
_BROKEN: Final = "something else wrote it, or another version of lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command that worked on the sweep.

    Attributes:
        ended_s: when its last window was kept; Unix seconds.
        machine: boot, kernel, cores, engine and images, as it found them.
    """

    started_s: float
    ended_s: float
    machine: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One finished visit; `label` is the point's."""

    block: int
    label: str
    measurement: Measurement
    ready: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What a journal says.

    Attributes:
        plan: what was asked for, by the option's name; a resumed sweep must ask for the same.
        fixed: what was found out for it: lab, topologies by label, the topology to go back to, the command line.
        good_bytes: length of what could be read; a torn last line comes after it.
    """

    run_id: str
    plan: Mapping[str, Any]
    fixed: Mapping[str, Any]
    sessions: Sequence[Session]
    done: Sequence[Done]
    good_bytes: int


def plan_line(run_id: str, plan: Mapping[str, Any], fixed: Mapping[str, Any]) -> str:
    """Return the first line."""
    return _line({"schema": SCHEMA, "id": run_id, "plan": plan, "fixed": fixed})


def session_line(started_s: float, machine: Mapping[str, Any]) -> str:
    """Return the line that begins a session."""
    return _line({"session": {"started_s": started_s, "machine": machine}})


def done_line(done: Done, *, now_s: float) -> str:
    """Return the line of a finished visit."""
    return _line({"done": asdict(done), "at_s": now_s})


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"


def parse_journal(text: str, *, name: str) -> Journal:
    """Read a journal; a last line that was torn is left out.

    Args:
        name: the file's name, for messages.

    Raises:
        BadInput: it is no journal, or a line before the last one cannot be read.
    """
    whole, _, _torn = text.rpartition("\n")
    lines = whole.split("\n") if whole else []
    documents = [_document(line, f"{name}: line {i}") for i, line in enumerate(lines, start=1)]
    if not documents:
        raise BadInput(f"{name}: no journal: it has no complete line", hint=_BROKEN)
    head, *rest = documents
    if head.get("schema") != SCHEMA:
        raise BadInput(f"{name}: schema: this lab reads {SCHEMA}; got {head.get('schema')!r}", hint=_BROKEN)
    plan, fixed = head.get("plan"), head.get("fixed")
    if not (isinstance(head.get("id"), str) and isinstance(plan, dict) and isinstance(fixed, dict)):
        raise BadInput(f"{name}: line 1: needs id, plan and fixed", hint=_BROKEN)
    sessions, done = _entries(rest, name)
    good_bytes = len((whole + "\n").encode())
    return Journal(
        run_id=head["id"], plan=plan, fixed=fixed, sessions=sessions, done=done, good_bytes=good_bytes
    )


def _document(line: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: not JSON: {error}", hint=_BROKEN) from None
    if not isinstance(found, dict):
        raise BadInput(f"{where}: not an object", hint=_BROKEN)
    return found


def _entries(documents: Sequence[Mapping[str, Any]], name: str) -> tuple[list[Session], list[Done]]:
    sessions: list[Session] = []
    done: list[Done] = []
    for number, document in enumerate(documents, start=2):
        where = f"{name}: line {number}"
        if "session" in document:
            begun = document["session"]
            start_s = begun.get("started_s") if isinstance(begun, dict) else None
            sessions.append(build(Session, {**_table(begun), "ended_s": start_s}, name=where))
        elif "done" in document:
            done.append(build(Done, document["done"], name=where))
            at_s = document.get("at_s")
            if sessions and isinstance(at_s, int | float):
                sessions[-1] = replace(sessions[-1], ended_s=float(at_s))
        else:
            raise BadInput(f"{where}: neither a session nor a visit", hint=_BROKEN)
    return sessions, done


def _table(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def plan_differences(mine: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    """Return what this command asks for otherwise than the journal, each with both values."""
    return [
        f"{_flag(key)}: the unfinished sweep has {_shown(kept.get(key))}; got {_shown(mine.get(key))}"
        for key in dict.fromkeys([*kept, *mine])
        if _plain(mine.get(key)) != _plain(kept.get(key))
    ]


def _flag(key: str) -> str:
    return key if key in {"scenario", "scenario's files", "images"} else f"--{key.replace('_', '-')}"


def _plain(value: object) -> object:
    return json.loads(json.dumps(value))  # tuples become lists, as in the file


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else f"{value}"


def gaps_s(sessions: Sequence[Session]) -> list[float]:
    """Return the seconds between the end of each session and the start of the next."""
    return [round(after.started_s - before.ended_s, 1) for before, after in pairwise(sessions)]


def split_blocks(sessions: Sequence[Session], done: Sequence[Done]) -> list[int]:
    """Return the blocks whose windows lie in several sessions: what a block has in common may differ within them."""
    starts = [session.started_s for session in sessions]
    seen: dict[int, set[int]] = {}
    for each in done:
        begun = sum(each.measurement.started_at_s >= start for start in starts)
        seen.setdefault(each.block, set()).add(begun)
    return sorted(block for block, where in seen.items() if len(where) > 1)


def machine_changes(sessions: Sequence[Session]) -> list[str]:
    """Return what of the machine changed from one session to the next, `kernel: 6.1 → 6.2`."""
    found = []
    for before, after in pairwise(sessions):
        found += [
            f"{key}: {before.machine.get(key)} → {after.machine.get(key)}"
            for key in dict.fromkeys([*before.machine, *after.machine])
            if before.machine.get(key) != after.machine.get(key)
        ]
    return found
