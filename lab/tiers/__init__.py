"""The tiers, in the order of a request's way: the one list to extend when a tier is added."""

from __future__ import annotations

from typing import Final, cast

from lab.tiers import balancer, cache, credentials, db_primary, db_replica, store, web
from lab.tiers.base import Tier

TIERS: Final[tuple[Tier, ...]] = cast(
    "tuple[Tier, ...]", (credentials, balancer, web, cache, db_primary, db_replica, store)
)
TIER_NAMES: Final = tuple(tier.NAME for tier in TIERS if tier.NAME != "credentials")
