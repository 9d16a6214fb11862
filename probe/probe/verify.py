"""Check before any load that each web replica answers and that each action of the scenario gets what it asks for."""

import http.client
from collections.abc import Callable, Iterable
from typing import Any, Final

import labload

TIMEOUT_S: Final = 10.0


def unhealthy_replicas(replicas: Iterable[str], alive: Callable[[], None]) -> list[str]:
    """Return one problem for each web replica whose ``/health`` does not answer with status 200."""
    problems = []
    for replica in replicas:
        alive()
        problem = _health_problem(replica)
        if problem:
            problems.append(f"{replica}: GET /health: {problem}")
    return problems


def _health_problem(host: str) -> str:
    connection = http.client.HTTPConnection(host, 80, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health", headers={"Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return "" if status == 200 else f"status {status}, expected 200"


def try_actions(user: labload.LabUser, start: Any, mix: dict[str, float], alive: Callable[[], None]) -> int:  # noqa: ANN401
    """Let one user start and do each action that has a share once; return how many were tried.

    Requests that fail are already counted by the recorder. Raises: whatever else the scenario raises.
    """
    steps = [start, *(lambda name=name: user.perform(name) for name, share in mix.items() if share > 0)]
    for step in steps:
        alive()
        try:
            step()
        except labload.ActionFailedError:
            continue
    return len(steps)
