"""The Docker engine, through the docker command: it finds engines of every kind, and starts in 0.02 s."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from lab.adapters.engine_rows import ROW, TIMEOUT_S, container_of, document, things
from lab.adapters.process import engine_problem, run
from lab.adapters.start_problem import start_problem
from lab.errors import LabError, MachineNotReady
from lab.model.lab_name import LAB_NAME
from lab.model.state import LABEL_LAB, LABEL_PROJECT, Container, CpuSample, Machine
from lab.together import together

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lab.adapters.engine_api import EngineApi
    from lab.adapters.events import Changes
    from lab.model.cpu import Quota

_GONE: Final = ("no such container", "is already in progress")


class DockerEngine:
    """Implements `lab.ports.Engine`."""

    @cached_property
    def _api(self) -> EngineApi:
        from lab.adapters.engine_api import EngineApi

        return EngineApi()

    def machine(self) -> Machine:
        """Describe the engine's machine."""
        from lab.model import engine_answers
        from lab.model.engine_kinds import unusable

        info, server = self._info()
        errors = "\n".join(info.get("ServerErrors") or [])
        if errors or "NCPU" not in info:  # older docker commands end with 0 and say it only here
            raise engine_problem(errors) or MachineNotReady(
                f"The Docker engine does not say what it is: {errors}", hint="lab doctor"
            )
        problem = unusable(info, server)
        if problem:
            raise MachineNotReady(problem.reason, hint=problem.todo)
        return engine_answers.machine(info, server)

    def _info(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the engine says of itself: the answers of `/info` and `/version`."""
        ask = ["docker", "info", "--format", "{{json .}}"]
        text, version = together(lambda: run(ask, timeout_s=TIMEOUT_S), lambda: self._version)
        return document(text), version.get("Server") or {}

    @cached_property
    def _version(self) -> dict[str, Any]:
        """What client and engine say of themselves, and what they agreed on; the same during one command."""
        return document(run(["docker", "version", "--format", "{{json .}}"], timeout_s=TIMEOUT_S))

    def api_version(self) -> str:
        """Return what the docker command has agreed on with the engine, or what DOCKER_API_VERSION asks for."""
        return str((self._version.get("Client") or {}).get("ApiVersion", ""))

    def containers(self, lab: str | None = None) -> list[Container]:
        """Return the containers of one lab, or of all labs; also those of others that carry the lab's label."""
        label = f"{LABEL_LAB}={lab}" if lab else LABEL_LAB
        argv = ["docker", "ps", "--all", "--no-trunc", "--filter", f"label={label}", "--format", ROW]
        return [container_of(document(line)) for line in run(argv, timeout_s=TIMEOUT_S).splitlines()]

    def foreign(self, lab: str) -> list[str]:
        """Return what a compose project of the lab's name has that is no lab's."""
        kinds = ("container", "network", "volume")
        return sorted(name for name, owner in self._things(f"{LABEL_PROJECT}={lab}", kinds) if owner != lab)

    def _things(self, label: str, kinds: Sequence[str]) -> list[tuple[str, str]]:
        return things(label, kinds)

    def lab_names(self) -> list[str]:
        """Return the names of all labs that have a container, a network or a volume."""
        kept = (
            owner for _, owner in self._things(LABEL_LAB, ("network", "volume")) if LAB_NAME.fullmatch(owner)
        )
        return sorted({*kept, *(c.lab for c in self.containers() if not c.oddity)})

    def run_in(self, container: str, argv: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """Run a command in a container and return its output."""
        return run(["docker", "exec", container, *argv], timeout_s=timeout_s)

    def quotas(self, container_ids: Sequence[str]) -> dict[str, Quota | None]:
        """Return the CPU quota of each container that is there, by id."""
        if not container_ids:
            return {}
        template = (
            '{"id":{{json .Id}},"quota":{{.HostConfig.CpuQuota}},"period":{{.HostConfig.CpuPeriod}},'
            '"nano":{{.HostConfig.NanoCpus}}}'  # `docker update --cpus` writes only this one
        )
        argv = ["docker", "container", "inspect", "--format", template, *container_ids]
        rows = [
            document(line)
            for line in run(argv, timeout_s=TIMEOUT_S, accepted=_GONE).splitlines()
            if line.strip()
        ]
        return {
            row["id"]: _quota(row["quota"] or row["nano"] // 10_000, row["period"] or 100_000) for row in rows
        }

    def set_quota(self, containers: Sequence[str], quota: Quota | None) -> None:
        """Change the CPU quota of running containers, by id; None lifts it."""
        limit = (
            ["--cpu-quota=-1"]
            if quota is None
            else [f"--cpu-period={quota.period_us}", f"--cpu-quota={quota.quota_us}"]
        )
        if containers:
            run(["docker", "update", *limit, *containers], timeout_s=TIMEOUT_S)

    def sample(self, container: str) -> CpuSample:
        """Read a container's CPU and memory counters."""
        from lab.model import engine_answers

        return engine_answers.cpu_sample(self._api.stats(container))

    def put_files(self, container_id: str, texts: Mapping[str, str]) -> None:
        """Write files that everybody may read into a container, by path, whether it runs or not."""
        from lab.adapters.archive import archive_of

        run(
            ["docker", "cp", "--quiet", "-", f"{container_id}:/"],
            input_text=archive_of(texts).decode(),  # the archive of a text is text, with zeros
            timeout_s=TIMEOUT_S,
            is_tethered=True,
        )

    def start(self, container_ids: Sequence[str]) -> None:
        """Start created or stopped containers, in this order."""
        if not container_ids:
            return
        try:
            run(["docker", "start", *container_ids], timeout_s=TIMEOUT_S, is_tethered=True)
        except MachineNotReady:
            raise
        except LabError as error:
            raise start_problem(error) from error

    def run_once(self, container_id: str) -> None:
        """Start a container and wait for its end."""
        run(["docker", "start", "--attach", container_id], timeout_s=TIMEOUT_S, is_tethered=True)

    def changes(self, lab: str) -> AbstractContextManager[Changes]:
        """Listen to a lab's containers until the context is left."""
        from lab.adapters.events import changes_of

        return changes_of(lab)

    def last_lines(self, container_id: str, count: int) -> str:
        """Return the end of a container's log, of both its streams; empty when it cannot be read."""
        argv = ["docker", "logs", "--tail", str(count), container_id]
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=TIMEOUT_S,
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def stop(self, container_ids: Sequence[str], *, timeout_s: int = 10) -> None:
        """Stop containers, all at once, with their own stop signals; one that is gone is no error."""
        if container_ids:
            argv = ["docker", "stop", "-t", str(timeout_s), *container_ids]
            run(argv, timeout_s=timeout_s + TIMEOUT_S, accepted=_GONE)

    def remove(self, container_ids: Sequence[str]) -> None:
        """Remove containers by id, all at once; one that is gone is no error."""
        if container_ids:
            argv = ["docker", "rm", "--force", "--volumes", *container_ids]
            run(argv, timeout_s=TIMEOUT_S, accepted=_GONE)

    def image_ids(self, references: Sequence[str]) -> dict[str, str]:
        """Return the id of each image that is there."""
        rows = self.image_rows(references)
        return {tag: row["Id"] for row in rows for tag in row.get("RepoTags") or () if tag in references}

    def image_rows(self, references: Sequence[str]) -> list[dict[str, Any]]:
        """Return what the engine knows of each image that is there: the answers of `/images/NAME/json`."""
        if not references:
            return []
        argv = ["docker", "image", "inspect", "--format", "{{json .}}", *references]
        text = run(argv, timeout_s=TIMEOUT_S, accepted=("no such image",))
        return [document(line) for line in text.splitlines() if line.strip()]


def _quota(quota_us: int, period_us: int) -> Quota | None:
    from lab.model.cpu import Quota

    return Quota(quota_us=quota_us, period_us=period_us) if quota_us > 0 else None
