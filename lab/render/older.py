"""The same compose file for an engine that does not know health checks' `start_interval`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from lab.tiers.base import Part

# Source: the Engine API's version history, 1.44 (Engine 25): "StartInterval" of a health check. Compose refuses a file
# that has it on an older engine.
START_INTERVAL_API: Final = (1, 44)
FIRST_WITH_START_INTERVAL: Final = 25

# Between two checks where one interval must do for the start and for the hours after it: each check costs CPU that a
# measurement would see, so a tier is known to be healthy up to 5 s later than it is.
_ONE_INTERVAL: Final = "5s"
_CHECK: Final = re.compile(r"interval: \w+, (?P<between>[^{}\n]*), start_interval: \w+}")


def _without(text: str) -> str:
    return _CHECK.sub(rf"interval: {_ONE_INTERVAL}, \g<between>}}", text)


def without_start_interval(part: Part) -> Part:
    """Return a tier's part without `start_interval`, checking more often in its place."""
    services = tuple(
        replace(service, text=_without(service.text), spec=_without(service.spec))
        for service in part.services
    )
    return replace(part, shared=_without(part.shared), services=services)
