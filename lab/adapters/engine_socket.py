"""The Docker engine at a unix socket: the questions and changes of which a command has many, without a process for each.

The rest is as in `lab.adapters.engine`, which asks the docker command for everything and is used where the engine cannot
be reached without it (docs/adr/0022-engine-api.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lab.adapters.endpoint import socket_path
from lab.adapters.engine import DockerEngine
from lab.adapters.engine_http import EngineHttp, NotThere
from lab.adapters.engine_rows import container_of_api
from lab.adapters.start_problem import start_problem
from lab.errors import LabError, MachineNotReady
from lab.model import engine_answers
from lab.model.state import LABEL_LAB, Container, CpuSample

if TYPE_CHECKING:
    from lab.adapters.events import Changes
    from lab.model.cpu import Quota

_LAST_LINES: Final = 8
_LISTS: Final = {"container": "/containers/json", "network": "/networks", "volume": "/volumes"}


def engine_at_hand() -> DockerEngine:
    """Return the engine that the docker command would use."""
    path = socket_path()
    return SocketEngine(path) if path else DockerEngine()


class SocketEngine(DockerEngine):
    """Implements `lab.ports.Engine` for an engine of which we have the socket."""

    def __init__(self, path: Path) -> None:
        self._http = EngineHttp(path)

    def _info(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self._http.get("/info"), self._http.version

    def api_version(self) -> str:
        """Return the engine's own. It decides what the compose file may say, and every Compose that lab takes speaks 1.45."""
        return str(self._http.version.get("ApiVersion", ""))

    def containers(self, lab: str | None = None) -> list[Container]:
        """Return the containers of one lab, or of all labs; also those of others that carry the lab's label."""
        label = f"{LABEL_LAB}={lab}" if lab else LABEL_LAB
        return [container_of_api(row) for row in self._list("container", label)]

    def _list(self, kind: str, label: str) -> list[Mapping[str, Any]]:
        query = {"all": "1"} if kind == "container" else {}
        found = self._http.get(_LISTS[kind], filters={"label": [label]}, **query)
        return (found.get("Volumes") or []) if kind == "volume" else found

    def _things(self, label: str, kinds: Sequence[str]) -> list[tuple[str, str]]:
        rows = [row for kind in kinds for row in self._list(kind, label)]
        return [(_name(row), str((row.get("Labels") or {}).get(LABEL_LAB, ""))) for row in rows]

    def set_quota(self, containers: Sequence[str], quota: Quota | None) -> None:
        """Change the CPU quota of running containers, by id; None lifts it."""
        body = {"CpuQuota": quota.quota_us, "CpuPeriod": quota.period_us} if quota else {"CpuQuota": -1}
        for container in containers:
            self._http.post(f"/containers/{container}/update", body)

    def sample(self, container: str) -> CpuSample:
        """Read a container's CPU and memory counters."""
        stats = self._http.get(f"/containers/{container}/stats", **{"stream": "0", "one-shot": "1"})
        return engine_answers.cpu_sample(stats)

    def put_files(self, container_id: str, texts: Mapping[str, str]) -> None:
        """Write files that everybody may read into a container, by path, whether it runs or not."""
        from lab.adapters.archive import archive_of

        self._http.put_archive(container_id, archive_of(texts))

    def start(self, container_ids: Sequence[str]) -> None:
        """Start created or stopped containers, in this order."""
        for container in container_ids:
            try:
                self._http.post(f"/containers/{container}/start")
            except MachineNotReady:
                raise
            except LabError as error:
                raise start_problem(error) from error

    def run_once(self, container_id: str) -> None:
        """Start a container and wait for its end."""
        self._http.post(f"/containers/{container_id}/start")
        code = self._http.post(f"/containers/{container_id}/wait").get("StatusCode", 1)
        if code:
            raise LabError(f"ended with {code}:\n{self.last_lines(container_id, _LAST_LINES)}")

    def changes(self, lab: str) -> AbstractContextManager[Changes]:
        """Listen to a lab's containers until the context is left."""
        from lab.adapters.events import changes_over

        return changes_over(self._http, lab)

    def image_rows(self, references: Sequence[str]) -> list[dict[str, Any]]:
        """Return what the engine knows of each image that is there."""
        found = []
        for reference in references:
            try:
                found.append(self._http.get(f"/images/{reference}/json"))
            except NotThere:
                continue
        return found


def _name(row: Mapping[str, Any]) -> str:
    names = row.get("Names")
    return str(names[0]).removeprefix("/") if names else str(row.get("Name", ""))
