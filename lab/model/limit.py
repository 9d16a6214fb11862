"""Which tier binds, with evidence, in one sentence. First rules only: CPU against its own quota. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.run import Use
from lab.model.use import tier_mean

SATURATED_RATIO: Final = 0.85
_TIERS: Final = ("web", "db-primary", "db-replica", "store")


def limit_sentence(use: Sequence[Use]) -> tuple[str, str]:
    """Return (the tier that binds with its evidence, the tier that would bind next).

    Source: utilisation rule of docs/measuring.md; tiers without a quota of their own cannot bind before the machine.
    """
    ranked = sorted(
        (
            (mean.cpu_of_quota_ratio, tier)
            for tier in _TIERS
            if (mean := tier_mean(use, tier)) and mean.cpu_of_quota_ratio
        ),
        reverse=True,
    )
    if not ranked:
        return "not explained: no tier reports its CPU", ""
    ratio, tier = ranked[0]
    following = ranked[1][1] if len(ranked) > 1 else ""
    if ratio < SATURATED_RATIO:
        return f"no tier's CPU is at its quota (highest: {tier}, {ratio:.0%})", ""
    return f"{tier} CPU, {ratio:.0%} of its quota", following
