"""Asking a person before something is lost."""

from __future__ import annotations

import sys

import typer

from lab.errors import BadInput, Interrupted


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person; without a terminal and without --yes nobody can answer.

    Raises:
        BadInput: nobody can answer.
        Interrupted: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{question} Nobody can answer here.", hint="add --yes")
    if not typer.confirm(question, err=True):
        raise Interrupted("Declined.")
