"""The Docker Engine API, through the docker SDK; the endpoint is the one that the docker CLI would use."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from lab.adapters.process import engine_problem, run
from lab.errors import LabError, MachineNotReady
from lab.model.cpu import Quota
from lab.model.state import LABEL_LAB, LABEL_SPEC, LABEL_TIER, Container, CpuSample, Machine

_NS_PER_S: Final = 1e9


def endpoint() -> str:
    """Return the engine's address: DOCKER_HOST, else the current docker context's."""
    if os.environ.get("DOCKER_HOST") and not os.environ.get("DOCKER_CONTEXT"):
        return os.environ["DOCKER_HOST"]
    text = run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], timeout_s=10)
    return text.strip() or "unix:///var/run/docker.sock"


@contextmanager
def engine_errors() -> Iterator[None]:
    """Translate the SDK's exceptions at this border."""
    import docker.errors
    import requests.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise LabError(f"The Docker engine answered: {error.explanation or error}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        known = engine_problem(str(error))
        if "permission denied" in str(error).lower():
            known = engine_problem("permission denied while trying to connect")
        raise known or MachineNotReady(
            f"No Docker engine answers at {endpoint()}.",
            hint="start Docker; on Debian as root `lab doctor --fix` installs it",
        ) from error


class DockerEngine:
    """Implements `lab.ports.Engine`."""

    @cached_property
    def _api(self) -> Any:  # noqa: ANN401 - the SDK has no type information
        import docker

        with engine_errors():
            return docker.APIClient(base_url=endpoint(), version="auto", timeout=60)

    def machine(self) -> Machine:
        """Describe the engine's machine."""
        with engine_errors():
            info, version = self._api.info(), self._api.version()
        return Machine(
            cores=info["NCPU"],
            memory_bytes=info["MemTotal"],
            os=info.get("OperatingSystem", "?"),
            kernel=info.get("KernelVersion", "?"),
            cgroup_version=str(info.get("CgroupVersion", "1")),
            engine_version=info.get("ServerVersion", "?"),
            api_version=version.get("ApiVersion", "?"),
            name=info.get("Name", "?"),
            has_cpu_quota=bool(info.get("CpuCfsQuota")),
            architecture=info.get("Architecture", "?"),
        )

    def containers(self, lab: str | None = None) -> list[Container]:
        """Return the containers of one lab, or of all labs."""
        label = f"{LABEL_LAB}={lab}" if lab else LABEL_LAB
        with engine_errors():
            rows = self._api.containers(all=True, filters={"label": label})
        return [_container(row) for row in rows]

    def run_in(self, container: str, argv: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """Run a command in a container through the docker CLI and return its output."""
        return run(["docker", "exec", container, *argv], timeout_s=timeout_s)

    def set_quota(self, container: str, quota: Quota | None) -> None:
        """Change a running container's CPU quota; None lifts it."""
        with engine_errors():
            if quota is None:
                self._api.update_container(container, cpu_quota=-1)
            else:
                self._api.update_container(container, cpu_period=quota.period_us, cpu_quota=quota.quota_us)

    def sample(self, container: str) -> CpuSample:
        """Read a container's CPU and memory counters."""
        with engine_errors():
            stats = self._api.stats(container, stream=False, one_shot=True)
        return _sample(stats)

    def stop(self, container_ids: Sequence[str], *, timeout_s: int = 10) -> None:
        """Stop containers with their own stop signal."""
        import docker.errors

        for container_id in container_ids:
            with engine_errors():
                try:
                    self._api.stop(container_id, timeout=timeout_s)
                except docker.errors.NotFound:
                    continue

    def remove(self, container_ids: Sequence[str]) -> None:
        """Remove containers by id."""
        import docker.errors

        for container_id in container_ids:
            with engine_errors():
                try:
                    self._api.remove_container(container_id, force=True, v=True)
                except docker.errors.NotFound:
                    continue

    def image_ids(self, references: Sequence[str]) -> dict[str, str]:
        """Return the id of each image that is there."""
        import docker.errors

        found = {}
        for reference in references:
            with engine_errors():
                try:
                    found[reference] = self._api.inspect_image(reference)["Id"]
                except docker.errors.ImageNotFound:
                    continue
        return found


def _container(row: dict[str, Any]) -> Container:
    labels = row.get("Labels") or {}
    status = row.get("Status", "")
    health = next((h for h in ("unhealthy", "healthy") if f"({h})" in status), "")
    if "health: starting" in status:
        health = "starting"
    published = [
        p["PublicPort"] for p in row.get("Ports") or [] if p.get("PublicPort") and p.get("PrivatePort") == 80
    ]
    return Container(
        id=row["Id"],
        name=(row.get("Names") or ["/?"])[0].lstrip("/"),
        service=labels.get("com.docker.compose.service", ""),
        tier=labels.get(LABEL_TIER, ""),
        lab=labels.get(LABEL_LAB, ""),
        state=row.get("State", "?"),
        health=health,
        host_port=published[0] if published else None,
        spec=labels.get(LABEL_SPEC, ""),
        image=row.get("Image", ""),
        labels=labels,
    )


def _sample(stats: dict[str, Any]) -> CpuSample:
    cpu = stats["cpu_stats"]
    throttling = cpu.get("throttling_data", {})
    read = stats["read"].rstrip("Z")
    whole, _, fraction = read.partition(".")
    t_s = datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")
    memory = stats.get("memory_stats", {})
    detail = memory.get("stats", {})
    page_cache = detail.get(
        "inactive_file", detail.get("total_inactive_file", 0)
    )  # v2, v1: as `docker stats` does
    return CpuSample(
        t_s=t_s,
        cpu_s=cpu["cpu_usage"]["total_usage"] / _NS_PER_S,
        periods=throttling.get("periods", 0),
        throttled_periods=throttling.get("throttled_periods", 0),
        throttled_s=throttling.get("throttled_time", 0) / _NS_PER_S,
        memory_bytes=max(0, memory.get("usage", 0) - page_cache),
    )
