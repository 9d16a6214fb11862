"""Rebuild frozen dataclasses from JSON data, checked against their annotations: the reader of everything we keep."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from lab.errors import BadInput

T = TypeVar("T")
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_MAX_SHOWN = 5


def build(kind: type[T], data: object, *, name: str) -> T:
    """Return an instance of a dataclass from JSON data, nested ones included.

    Args:
        name: where the data come from, for messages.

    Raises:
        BadInput: naming file and key of what is missing, unknown or of another type, five at most.
    """
    problems: list[str] = []
    built = _value(kind, data, "", problems)
    if problems:
        shown = [f"{name}: {problem}" for problem in problems[:_MAX_SHOWN]]
        raise BadInput("\n".join(shown), hint="the file may be truncated or changed; measure again")
    return built  # type: ignore[no-any-return]  # checked against the annotations just now


def _value(hint: Any, data: object, path: str, problems: list[str]) -> Any:  # noqa: ANN401, PLR0911 - one return a kind of annotation
    if hint is Any:
        return data
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        if data is None and type(None) in get_args(hint):
            return None
        return _value(next(arg for arg in get_args(hint) if arg is not type(None)), data, path, problems)
    if origin is Sequence:
        return _items(get_args(hint)[0], data, path, problems)
    if origin is Mapping:
        return _table(get_args(hint)[1], data, path, problems)
    if is_dataclass(hint):
        return _instance(hint, data, path, problems)
    return _plain(hint, data, path, problems)


def _plain(hint: Any, data: object, path: str, problems: list[str]) -> object:  # noqa: ANN401
    is_number = isinstance(data, int | float) and not isinstance(data, bool)
    if (hint is float and is_number) or (
        isinstance(data, hint) and not (hint is int and isinstance(data, bool))
    ):
        return data
    problems.append(f"{path or 'the document'}: must be {_WORDS.get(hint, hint)}; got {_short(data)}")
    return data


def _items(hint: Any, data: object, path: str, problems: list[str]) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(data, list | tuple):
        problems.append(f"{path}: must be a list; got {_short(data)}")
        return ()
    return tuple(_value(hint, item, f"{path}[{i}]", problems) for i, item in enumerate(data))


def _table(hint: Any, data: object, path: str, problems: list[str]) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(data, dict):
        problems.append(f"{path}: must be a table; got {_short(data)}")
        return {}
    return {key: _value(hint, item, f"{path}.{key}", problems) for key, item in data.items()}


def _instance(kind: Any, data: object, path: str, problems: list[str]) -> object:  # noqa: ANN401
    if not isinstance(data, dict):
        problems.append(f"{path or 'the document'}: must be a table; got {_short(data)}")
        return None
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    dot = f"{path}." if path else ""
    problems += [f"{dot}{key}: unknown key" for key in data if key not in known]
    values = {}
    for key, field in known.items():
        if key in data:
            values[key] = _value(hints[key], data[key], f"{dot}{key}", problems)
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(f"{dot}{key}: missing")
    return None if problems else kind(**values)


def _short(data: object) -> str:
    text = repr(data)
    return text if len(text) <= 40 else text[:39] + "…"
