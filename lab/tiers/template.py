"""Strict text templates: `@@{name}` is replaced, a missing name is an error, `$` is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template


class _AtTemplate(Template):
    delimiter = "@@"
    # `@@name` without braces would be too easy to write by accident.
    pattern = r"@@(?:(?P<escaped>@@)|(?P<named>(?!))|\{(?P<braced>[a-z_]+)\}|(?P<invalid>))"  # type: ignore[assignment]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each `@@{name}` replaced.

    Raises:
        KeyError: a name has no value.
        ValueError: a malformed placeholder.
    """
    return _AtTemplate(text).substitute(values)
