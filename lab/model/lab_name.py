"""What a lab may be called. Pure."""

from __future__ import annotations

import re
from typing import Final

from lab.errors import BadInput

LAB_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def check_lab_name(name: str) -> str:
    """Return the lab's name if it can be a compose project's and a DNS name.

    Raises:
        BadInput: for anything else.
    """
    if not LAB_NAME.fullmatch(name):
        raise BadInput(
            f"--lab: must be 1 to 31 of a-z, 0-9 and -, starting with a letter or digit; got {name!r}",
            hint="for example: --lab demo-2",
        )
    return name
