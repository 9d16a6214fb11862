"""The Engine API through the docker SDK, for what a `docker` process per reading would be too dear: counters.

The SDK takes 0.15 s to import; only a measurement does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from lab.adapters.endpoint import endpoint
from lab.adapters.process import engine_problem
from lab.errors import LabError, MachineNotReady


class EngineApi:
    """One connection to the engine, made at the first question."""

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - the SDK has no type information
        import docker

        return docker.APIClient(base_url=endpoint(), version="auto", timeout=60)

    def stats(self, container: str) -> dict[str, Any]:
        """Return a container's counters: one reading, in about 10 ms."""
        with _engine_errors():
            answer: dict[str, Any] = self._client.stats(container, stream=False, one_shot=True)
        return answer


@contextmanager
def _engine_errors() -> Iterator[None]:
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
