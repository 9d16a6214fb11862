"""Where the lab's own files are: compose fragments, Dockerfiles, configuration templates, scenarios."""

from __future__ import annotations

from pathlib import Path


def root() -> Path:
    """Return the folder that holds `compose/`, `haproxy/`, ...: the checkout, or the wheel's `lab/_assets`."""
    packaged = Path(__file__).parent / "_assets"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent


def read(relative_path: str) -> str:
    """Return the text of one asset file."""
    return (root() / relative_path).read_text(encoding="utf-8")
