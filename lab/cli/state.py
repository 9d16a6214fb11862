"""The global options of this invocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Globals:
    """Set once by `lab.cli.main` before any command runs."""

    lab: str = "lab"
    as_json: bool = False
    is_quiet: bool = False
    is_debug: bool = False
    has_document: bool = False  # the one JSON document is out: an error after it goes to standard error alone


GLOBALS = Globals()
