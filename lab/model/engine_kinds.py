"""Engines that the lab does not work with, and what is said about them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab.model.doctor import version_tuple
from lab.model.doctor_machine import QUOTA_TODO
from lab.model.doctor_software import DOCKER_INSTEAD, MIN_API

_PODMAN: Final = "Podman Engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Why an engine is none for the lab, and what to do."""

    reason: str
    todo: str


def podman_version(version: Mapping[str, Any]) -> str:
    """Return the version of Podman behind an engine's `/version`; empty when it is Docker.

    Source: Podman names its component so in the answer for Docker clients; seen with Podman 5.4.
    """
    components = version.get("Components") or ()
    return next((str(c.get("Version", "?")) for c in components if c.get("Name") == _PODMAN), "")


def unusable(info: Mapping[str, Any], version: Mapping[str, Any]) -> Unusable | None:
    """Say why the lab cannot work with the engine that gave these answers of `/info` and `/version`; None when it can."""
    podman = podman_version(version)
    if podman:
        return Unusable(
            reason=f"The engine is Podman {podman}, which lab does not support: it builds, connects and measures "
            "as Docker does.",
            todo=DOCKER_INSTEAD,
        )
    api = str(version.get("ApiVersion") or "")
    if version_tuple(api) < MIN_API:
        need = ".".join(map(str, MIN_API))
        return Unusable(
            reason=f"The engine is too old: its API is {api or 'unknown'}, and lab needs {need} (Docker Engine 24).",
            todo="update Docker",
        )
    if not info.get("CpuCfsQuota"):
        return Unusable(
            reason="The engine's kernel has no CPU quota (CFS bandwidth): a replica cannot be held to its share, so "
            "no curve means anything.",
            todo=QUOTA_TODO,
        )
    return None
