"""What the docker command answers, as values.

A template names each value, because `docker ps` joins all labels with commas, and one of ours is JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from lab.adapters.process import run
from lab.errors import MachineNotReady
from lab.model.state import (
    LABEL_LAB,
    LABEL_OWNER,
    LABEL_PROJECT,
    LABEL_ROLE,
    LABEL_SERVICE,
    LABEL_SPEC,
    LABEL_TIER,
    LABEL_TOPOLOGY,
    Container,
)
from lab.together import together

TIMEOUT_S: Final = 60
_LABELS: Final = (
    LABEL_LAB,
    LABEL_TIER,
    LABEL_SPEC,
    LABEL_TOPOLOGY,
    LABEL_ROLE,
    LABEL_OWNER,
    LABEL_PROJECT,
    LABEL_SERVICE,
)
_VALUES: Final = ("ID", "Names", "State", "Status", "Ports", "Image")
ROW: Final = (
    "{"
    + ",".join(f'"{name}":{{{{json .{name}}}}}' for name in _VALUES)
    + ',"Labels":{'
    + ",".join(f'"{label}":{{{{json (.Label "{label}")}}}}' for label in _LABELS)
    + "}}"
)
_HTTP: Final = 80
_PORT: Final = re.compile(r":(\d+)->80/tcp")


def things(label: str, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Return (name, lab) of the containers, networks or volumes with a label; the lab is empty where none is named."""
    return [pair for pairs in together(*(partial(_things, label, kind) for kind in kinds)) for pair in pairs]


def _things(label: str, kind: str) -> list[tuple[str, str]]:
    name, every = ("Names", ["--all"]) if kind == "container" else ("Name", [])
    template = f'{{"name":{{{{json .{name}}}}},"lab":{{{{json (.Label "{LABEL_LAB}")}}}}}}'
    argv = ["docker", kind, "ls", *every, "--filter", f"label={label}", "--format", template]
    rows = [document(line) for line in run(argv, timeout_s=TIMEOUT_S).splitlines()]
    return [(row["name"], row["lab"]) for row in rows]


def document(text: str) -> dict[str, Any]:
    """Return the JSON document in an answer of the docker command.

    Raises:
        MachineNotReady: it is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise MachineNotReady(
            f"The docker command answered in a way that lab does not understand: {text.strip()[:200]!r}",
            hint="is `docker` on the PATH the Docker command, and not a stand-in? `docker version` tells",
        )
    return found


def container_of(row: dict[str, Any]) -> Container:
    """Return the container in a row of `docker ps`."""
    port = _PORT.search(row["Ports"])
    name = row["Names"].split(",")[0]
    return _container(row, row["ID"], name, row["Labels"], int(port[1]) if port else None)


def container_of_api(row: Mapping[str, Any]) -> Container:
    """Return the container in a row of `/containers/json`."""
    ports = [
        p["PublicPort"] for p in row.get("Ports") or () if p.get("PublicPort") and p["PrivatePort"] == _HTTP
    ]
    labels = {label: value for label, value in (row.get("Labels") or {}).items() if label in _LABELS}
    name = (row.get("Names") or ["/"])[0].removeprefix("/")
    return _container(row, row["Id"], name, labels, ports[0] if ports else None)


def _container(
    row: Mapping[str, Any], identity: str, name: str, named: Mapping[str, str], host_port: int | None
) -> Container:
    labels = {label: value for label, value in named.items() if value}
    status = row["Status"]
    health = next((word for word in ("unhealthy", "healthy") if f"({word})" in status), "")
    if "health: starting" in status:
        health = "starting"
    return Container(
        id=identity,
        name=name,
        service=labels.get(LABEL_SERVICE, ""),
        tier=labels.get(LABEL_TIER, ""),
        lab=labels.get(LABEL_LAB, ""),
        state=row["State"],
        health=health,
        host_port=host_port,
        spec=labels.get(LABEL_SPEC, ""),
        image=row["Image"],
        labels=labels,
    )
