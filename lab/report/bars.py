"""Horizontal bars of block characters, and what stands in for them on terminals without UTF-8."""

from __future__ import annotations

from typing import Final

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_ASCII: Final = str.maketrans(
    {
        "·": "-",
        "±": "+/-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{EN DASH}": "-",
        "→": "->",
        "✓": "ok",
        "✗": "!",
        "…": "...",
        "µ": "u",
        "●": "*",
        **dict.fromkeys("─━═╌", "-"),
        **dict.fromkeys("│┃║", "|"),
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
        "►": ">",
        "▼": "v",
        "≤": "<=",
        "≥": ">=",
    }
)


def plain_ascii(line: str) -> str:
    """Return a line for terminals without UTF-8."""
    return line.translate(_ASCII).encode("ascii", "replace").decode("ascii")


def bar(share: float, width: int, *, is_ascii: bool = False) -> str:
    """Return a horizontal bar of `share` (0 to 1) of `width` columns; anything above zero is visible."""
    share = min(max(share, 0.0), 1.0)
    if is_ascii:
        return "#" * max(round(share * width), int(share > 0))
    eighths = max(round(share * width * 8), int(share > 0))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")
