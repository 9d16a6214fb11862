"""A few words of Rich's markup, `[bold]name[/]`, for lines that need nothing more: Rich takes 0.05 s to import.

What is in brackets and is none of these words stays as it is, so texts of others need no escaping.
"""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_WORD: Final = "|".join(_CODES)
_TAG: Final = re.compile(rf"\[((?:{_WORD})(?: (?:{_WORD}))*|/)\]")
_PIECE: Final = re.compile(rf"(?P<gap> *)(?P<word>(?:\[(?:{_WORD})(?: (?:{_WORD}))*\]|[^ ])+)")
_RESET: Final = "\x1b[0m"


def plain(line: str) -> str:
    """Return a line without its markup."""
    return _TAG.sub("", line)


def plain_length(line: str) -> int:
    """Return the columns that a line takes."""
    return len(plain(line))


def coloured(line: str) -> str:
    """Return a line with its markup as codes for a terminal."""

    def code(match: re.Match[str]) -> str:
        if match[1] == "/":
            return _RESET
        return f"\x1b[{';'.join(_CODES[word] for word in match[1].split())}m"

    return _TAG.sub(code, line)


def wrapped(line: str, width: int) -> list[str]:
    """Break a line between words so that each part fits; the parts that follow are indented as the first one.

    A word that is longer than the width stays whole: an address must be copied as it is. Spaces between words stay.
    """
    if plain_length(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip(" "))]
    parts: list[str] = []
    current, style = indent, ""
    for piece in _PIECE.finditer(line, len(indent)):
        word = piece["word"]
        longer = current + piece["gap"] + word
        if plain(current).strip() and plain_length(longer) > width:
            parts.append(current + ("[/]" if style else ""))
            current = indent + style + word
        else:
            current = longer
        style = _style_after(word, style)
    return [*parts, current]


def _style_after(word: str, style: str) -> str:
    for match in _TAG.finditer(word):
        style = "" if match[1] == "/" else match[0]
    return style
