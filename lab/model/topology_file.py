"""Read a topology from TOML text or from command-line words into the same mapping of options."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from lab.errors import BadInput, did_you_mean
from lab.model.topology import OPTION_KEYS
from lab.model.topology_values import CPU_KEYS, RANGES

PLACEMENT_KEYS: Final = (
    "port",
    "app",
)  # where and what, not shape: the same topology on another port is the same
MAX_BYTES: Final = 100_000


def typed(key: str, word: str) -> str | int | float:
    """Return a command-line word as the option's type; a word that does not fit stays a word, for the error."""
    try:
        if key in RANGES or key == "port":
            return int(word)
        if key in CPU_KEYS:
            return float(word)
    except ValueError:
        return word
    return word


def parse_topology(text: str, *, name: str) -> dict[str, Any]:
    """Return the options in a topology file, by key (`db_replicas`).

    Args:
        text: TOML; keys are spelled like the flags, with hyphens, at the top level.
        name: the file's name, for messages.

    Raises:
        BadInput: for text that is not TOML, or with every unknown key at once.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # no TOML, a very long number, endless nesting
        raise BadInput(f"{name}: not TOML: {error}", hint="lines look like: replicas = 3") from None
    known = {key.replace("_", "-"): key for key in (*OPTION_KEYS, *PLACEMENT_KEYS)}
    unknown = [key for key in document if key not in known]
    if unknown:
        raise BadInput(
            "\n".join(f"{name}: {key}: unknown key{did_you_mean(key, tuple(known))}" for key in unknown),
            hint=f"known keys: {', '.join(known)}",
        )
    return {known[key]: value for key, value in document.items()}


def sources(options: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return where each option of a file came from, for messages: `big.toml: db-replicas`."""
    return {key: f"{name}: {key.replace('_', '-')}" for key in options}
