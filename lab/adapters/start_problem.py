"""Say in the lab's words why the engine could not start something."""

from __future__ import annotations

from typing import Final

from lab.errors import BadInput, LabError, MachineNotReady, PortBusy, TierUnhealthy

# The last one is Docker Desktop's: Windows reserves ranges of ports that look free.
_PORT_SIGNS: Final = (
    "port is already allocated",
    "address already in use",
    "ports are not available",
)


def start_problem(error: LabError) -> LabError:
    """Return the error that tells what to do, from what docker or compose said."""
    text = error.message
    lowered = text.lower()
    if any(sign in lowered for sign in _PORT_SIGNS):
        return PortBusy(text)
    if "pool overlaps" in lowered:
        return BadInput(
            f"--subnet: it overlaps with another network of the engine.\n{text}",
            hint="choose another range; `docker network ls` and `docker network inspect` show those in use",
        )
    if "no such image" in lowered or "pull access denied" in lowered:
        return MachineNotReady(f"An image of the lab is missing.\n{text}", hint="lab images build")
    if "all predefined address pools" in lowered or "could not find an available" in lowered:
        return MachineNotReady(
            "The engine has no free address range for the lab's networks (a VPN or many networks use them up).",
            hint="choose one that is free here, `lab up --subnet 10.77.0.0/22`; or remove unused networks "
            "(`docker network ls`)",
        )
    if "unhealthy" in lowered or "exited" in lowered or "timeout" in lowered:
        return TierUnhealthy(f"Not every tier became healthy.\n{text}", hint="lab status; lab logs TARGET")
    return TierUnhealthy(f"The lab did not start.\n{text}", hint="lab status; lab logs TARGET")
