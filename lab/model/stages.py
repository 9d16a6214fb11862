"""The stages: presets of a topology, each of which adds one idea to the one before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SINGLE: Final = {
    "replicas": 1, "balance": "none", "sessions": "files", "store": "local", "cache": "off", "cache_nodes": 0, "db_replicas": 0,
}  # fmt: skip
_BALANCED: Final = {**_SINGLE, "replicas": 3, "balance": "leastconn"}
_SHARED: Final = {**_BALANCED, "sessions": "cache", "store": "s3", "cache_nodes": 1}
_CACHED: Final = {**_SHARED, "cache": "aside"}
_FULL: Final = {**_CACHED, "db_replicas": 2}

STAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "single": _SINGLE,
    "balanced": _BALANCED,
    "shared": _SHARED,
    "cached": _CACHED,
    "replicated": _FULL,
    "full": _FULL,
}
LADDER: Final = (
    "single",
    "balanced",
    "shared",
    "cached",
    "replicated",
)  # `full` is another name for the last

STAGE_ADDS: Final[Mapping[str, str]] = {
    "single": "one Apache + PHP server and its MySQL: the place where every app starts",
    "balanced": "HAProxy and more web replicas: more capacity, but file sessions and local uploads now visibly break",
    "shared": "sessions in memcached and uploads in MinIO (S3): any replica can serve anyone",
    "cached": "a cache in front of the database: most reads never reach MySQL",
    "replicated": "read replicas: reads spread over more databases; writes still meet in the primary",
    "full": "everything: the same as `replicated`",
}
