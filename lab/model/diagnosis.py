"""Every check of a machine in the order in which problems should be solved, and the document of them. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lab.model.doctor import Check, Facts
from lab.model.doctor_machine import machine_checks
from lab.model.doctor_software import software_checks
from lab.model.fit import Room
from lab.model.suggest import Suggestion, suggest


def checks(facts: Facts) -> list[Check]:
    """Return every check, in the order in which problems should be solved."""
    return [*software_checks(facts), *machine_checks(facts)]


def suggestion(facts: Facts) -> Suggestion | None:
    """Return the plan that suits the engine's machine; None without an engine, or where not even one page fits."""
    if not facts.has_engine:
        return None
    room = Room(
        cores=facts.cores,
        memory_bytes=facts.memory_bytes,
        memory_free_bytes=facts.memory_free_bytes,
        disk_free_bytes=facts.disk_free_bytes,
    )
    return suggest(room)


def as_document(facts: Facts, found: list[Check]) -> dict[str, Any]:
    """Return the JSON document of `lab doctor --json`."""
    return {
        "schema": "lab.doctor/1",
        "ready": all(check.status != "fail" for check in found),
        "checks": [asdict(check) for check in found],
        "suggestion": plan.as_document() if (plan := suggestion(facts)) else None,
        "facts": asdict(facts),
    }
