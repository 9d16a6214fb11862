"""Talk to the running HAProxy: drain a replica, take it back, prove that every replica answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from lab.errors import LabError, TierUnhealthy
from lab.model.state import RunningLab
from lab.model.topology import Topology
from lab.workflows.context import Context

DRAIN_S: Final = (
    15.0  # the longest request is bounded by `timeout server`; after this the stop's grace period takes over
)
READY_S: Final = 30.0
_POLL_S: Final = 0.2
_LOOK_S: Final = 0.1
_CUT: Final = "== statistics"
# A passed check, or one that HAProxy was told of. It takes a new address for "UP 1/2", until a check that set out before
# the container listened, and failed a second later, takes it back; it takes two such checks to take "UP" back.
_CHECKED: Final = "UP"


def _admin(ctx: Context, lab: RunningLab, command: str) -> str:
    return _run(ctx, lab, ["balancer-admin", command])


def _run(ctx: Context, lab: RunningLab, argv: Sequence[str], *, timeout_s: float = 10.0) -> str:
    balancer = lab.container("balancer")
    if balancer is None:
        raise TierUnhealthy("balancer: not there", hint="lab up")
    return ctx.engine.run_in(balancer.id, argv, timeout_s=timeout_s)


def server_rows(ctx: Context, lab: RunningLab) -> dict[str, dict[str, str]]:
    """Return HAProxy's statistics of the web backend's servers, by server name, as strings by column."""
    return _rows(_admin(ctx, lab, "show stat"))


def _rows(text: str) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text.lstrip("# \n")))
    return {row["svname"]: row for row in rows if row.get("pxname") == "web" and row["svname"] != "BACKEND"}


def drain(ctx: Context, lab: RunningLab, name: str) -> bool:
    """Give a replica no new requests and wait until it has none in hand; say whether that was reached.

    Source: drain, wait, stop lost no request in any trial; stop first lost some in all (docs/adr/0002).
    """
    _set_state(ctx, lab, [name], "drain")
    deadline = ctx.clock.monotonic_s() + DRAIN_S
    quiet = 0
    while ctx.clock.monotonic_s() < deadline:
        busy = int(server_rows(ctx, lab).get(name, {}).get("scur") or 0)
        quiet = quiet + 1 if busy == 0 else 0
        if quiet == 2:  # twice, so that a request between the queue and the server is not missed
            return True
        ctx.clock.sleep(_POLL_S)
    return False


def withhold(ctx: Context, lab: RunningLab, names: Sequence[str]) -> None:
    """Give replicas no requests yet: HAProxy takes one for up as soon as it has an address, before it listens."""
    _set_state(ctx, lab, names, "drain")


def enable(ctx: Context, lab: RunningLab, names: Sequence[str]) -> None:
    """Give healthy replicas requests, once HAProxy knows their addresses (after `READY_S` in any case).

    It looks names up once a second, and remembers the address of a container that left for two.
    """
    # One call that looks and waits inside the balancer: each going in has its price.
    script = (
        'looks="$0"; for name in "$@"; do while [ "$looks" -gt 0 ]; do looks=$((looks-1)); '
        'address=$(getent ahostsv4 "$name" | head -n 1 | cut -d " " -f 1); [ -n "$address" ] '
        '&& balancer-admin "show servers state web" | grep -qF " $name $address " && break; '
        f"sleep {_LOOK_S}; done; done; "
        'for name in "$@"; do balancer-admin "set server web/$name state ready"; done'
    )
    looks = str(round(READY_S / _LOOK_S))
    _run(ctx, lab, ["sh", "-c", script, looks, *names], timeout_s=3 * READY_S)


def _set_state(ctx: Context, lab: RunningLab, names: Sequence[str], state: str) -> None:
    _admin(ctx, lab, "; ".join(f"set server web/{name} state {state}" for name in names))


def wait_checked(ctx: Context, lab: RunningLab, name: str) -> None:
    """Return when the replica has passed a health check of HAProxy's, after `READY_S` at the latest."""
    deadline = ctx.clock.monotonic_s() + READY_S
    while ctx.clock.monotonic_s() < deadline:
        if server_rows(ctx, lab).get(name, {}).get("status") == _CHECKED:
            return
        ctx.clock.sleep(_POLL_S)


def set_maxconn(ctx: Context, lab: RunningLab, names: Sequence[str], count: int) -> None:
    """Let each replica have this many requests in hand, until HAProxy is started again or told otherwise."""
    for name in names:
        _admin(ctx, lab, f"set maxconn server web/{name} {count}")


def verify_replicas(ctx: Context, lab: RunningLab, topology: Topology) -> None:
    """Return once every replica is up in HAProxy and has answered a request through it.

    Raises:
        TierUnhealthy: naming the replicas that did not.
    """
    if not topology.has_balancer:
        return
    wanted = set(topology.web_names)
    deadline = ctx.clock.monotonic_s() + READY_S
    missing = wanted
    answered: set[str] = set()
    while ctx.clock.monotonic_s() < deadline:
        rows, answering = _ask(ctx, lab, requests=0 if wanted <= answered else 4 * len(wanted))
        answered |= answering
        for name in wanted & set(rows):
            if rows[name]["status"].startswith("DRAIN"):  # left by a command that was killed while it drained
                enable(ctx, lab, [name])
        up = {name for name, row in rows.items() if row["status"] == _CHECKED}
        missing = wanted - (up & answered)
        if not missing:
            return
        ctx.clock.sleep(_LOOK_S)
    raise TierUnhealthy(
        f"web: {', '.join(sorted(missing))} did not answer through the balancer within {READY_S:g} s.",
        hint=f"lab logs {min(missing)}",
    )


def _ask(ctx: Context, lab: RunningLab, *, requests: int) -> tuple[dict[str, dict[str, str]], set[str]]:
    """Return the servers' statistics and the replicas that answered.

    HAProxy is told that who has answered is up.
    """
    # From inside the balancer: works wherever the engine is, and whatever stands between it and this process.
    try:
        text = _run(ctx, lab, ["balancer-ask", str(requests)], timeout_s=60)
    except TierUnhealthy:
        raise
    except LabError:
        return {}, set()
    answers, _, statistics = text.partition(f"{_CUT}\n")
    lines = [line.partition(":") for line in answers.splitlines()]
    return _rows(statistics), {value.strip() for key, _, value in lines if key.strip().lower() == "x-replica"}
