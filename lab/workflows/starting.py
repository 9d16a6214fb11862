"""Start containers all at once, and return when they are healthy.

Compose would start them one dependency after the other, look twice a second, and leave each to its CPU share from the
first moment: a tenth of a core makes a start of 0.2 s one of 2 s. So compose only creates them, without a limit; they
get their shares when all serve.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from lab.errors import LabError, MachineNotReady, TierUnhealthy
from lab.model.cpu import quota
from lab.model.plan import quota_cores
from lab.model.state import Container, RunningLab
from lab.model.topology import Topology
from lab.ports import Changes, Compose
from lab.together import together
from lab.workflows.context import Context

HEALTHY_S: Final = 120.0
_POLL_S: Final = 0.1
_LOOK_S: Final = 2.0  # without a word from the engine
_LAST_LINES: Final = 8
_ONCE: Final = "credentials"  # runs once and exits; servers wait for what it makes
_NO_FILES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """What can be done when some services are healthy, while others still start.

    Attributes:
        after: those services.
        job: done once, in a thread.
    """

    after: frozenset[str]
    job: Callable[[], None]


def bring_up(
    ctx: Context,
    compose: Compose,
    services: Sequence[str],
    *,
    files: Mapping[str, Mapping[str, str]] = _NO_FILES,
    is_new: bool = False,
    early: Early | None = None,
) -> None:
    """Create and start services, and return when each of them is healthy.

    Args:
        files: configuration files by service and path. Compose writes them, too, but some of its versions only when they
            start a container.
        is_new: the lab has no container yet.
        early: done when it returns.

    Raises:
        TierUnhealthy: naming the service, with its last words; the containers stay for inspection.
        PortBusy: the engine refuses the lab's port.
        MachineNotReady: an image is missing, or no address range is free.
    """
    with ctx.engine.changes(ctx.lab) as changes:
        _start_all(ctx, compose, services, files, changes, is_new=is_new)
        wait_healthy(ctx, services, changes, early)


def _start_all(
    ctx: Context,
    compose: Compose,
    services: Sequence[str],
    files: Mapping[str, Mapping[str, str]],
    changes: Changes,
    *,
    is_new: bool,
) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        passwords = _Passwords(ctx, changes)
        early: Future[None] | None = None
        try:  # from before it is handed over: it works on until it is told, and the pool waits for it
            if is_new and _ONCE in services:
                early = pool.submit(passwords.make)
            compose.create(services)
        finally:
            passwords.is_created.set()
        if _ONCE in services and early is None:
            early = pool.submit(passwords.make)
        waiting = _Waiting(ctx, services, files)
        jobs = [early] if early is not None else []
        jobs += [pool.submit(job) for job in waiting.store()]  # takes longest until it serves
        waiting.primary()
        jobs += [pool.submit(job) for job in waiting.others()]
        _all_of(jobs)


class _Passwords:
    """Makes the passwords as soon as the container for it exists: the others are still being created."""

    def __init__(self, ctx: Context, changes: Changes) -> None:
        self._ctx = ctx
        self._changes = changes
        self.is_created = threading.Event()

    def make(self) -> None:
        """Run the container and wait for its end."""
        while not self.is_created.is_set():
            news = self._changes.wait(_POLL_S)
            if any(one.service == _ONCE and one.kind == "created" for one in news):
                break
        for container in self._ctx.engine.containers(self._ctx.lab):
            if container.service == _ONCE:
                self._run(container)
                return
        # No such container: compose failed, and says why.

    def _run(self, container: Container) -> None:
        try:
            self._ctx.engine.run_once(container.id)
        except MachineNotReady:  # the engine, not the passwords
            raise
        except LabError as error:
            raise TierUnhealthy(f"{_ONCE}: {error.message}", hint=f"lab logs {_ONCE}") from error


class _Waiting:
    """The services that are created and not started yet, in the order in which that is soonest done.

    None waits for the passwords: a server unpacks its data first, and then waits for its own; the app reads them at the
    first request.
    """

    def __init__(self, ctx: Context, services: Sequence[str], files: Mapping[str, Mapping[str, str]]) -> None:
        there = {c.service: c for c in ctx.engine.containers(ctx.lab)}
        absent = [name for name in services if name not in there]
        if absent:
            raise MachineNotReady(
                f"`docker compose` says that all is well, and has not made {', '.join(absent)}.",
                hint="is `docker` on the PATH the Docker command, and not a stand-in? `docker compose version` tells",
            )
        found = [there[name] for name in services if there[name].state != "running"]
        self._ctx = ctx
        self._files = {c.id: files[c.service] for c in found if files.get(c.service)}
        self._by_tier = {tier: [c.id for c in found if c.tier == tier] for tier in {c.tier for c in found}}

    def store(self) -> list[Callable[[], None]]:
        """Return what starts the store."""
        return [self._start(one) for one in self._by_tier.get("store", [])]

    def primary(self) -> None:
        """Start the primary: a replica that is there before it tries again only a second later."""
        self._ctx.engine.start(self._by_tier.get("db-primary", []))

    def others(self) -> list[Callable[[], None]]:
        """Return what starts the rest: read replicas, all at once, then what serves a moment after its start."""
        tiers = ("db-replica", "web", "cache", "balancer")
        return [self._start(one) for tier in tiers for one in self._by_tier.get(tier, [])]

    def _start(self, container_id: str) -> Callable[[], None]:
        def start() -> None:
            if container_id in self._files:
                self._ctx.engine.put_files(container_id, self._files[container_id])
            self._ctx.engine.start([container_id])

        return start


def _all_of(futures: Sequence[Future[None]]) -> None:
    """Wait for all, then raise what the first of them that failed raised."""
    for failure in [future.exception() for future in futures]:
        if failure is not None:
            raise failure


def wait_healthy(ctx: Context, services: Sequence[str], changes: Changes, early: Early | None = None) -> None:
    """Return when each of these services is healthy, and what could be done early is done.

    Raises:
        TierUnhealthy: naming the service, with its last words.
    """
    wanted = [name for name in services if name != _ONCE]
    deadline_s = ctx.clock.monotonic_s() + HEALTHY_S
    with ThreadPoolExecutor(max_workers=1) as pool:
        begun: list[Future[None]] = []

        def told(late: set[str]) -> None:
            if early and not begun and not early.after & late:
                begun.append(pool.submit(early.job))

        while True:
            there = {c.service: c for c in ctx.engine.containers(ctx.lab)}
            late = [name for name in wanted if name not in there or not there[name].is_serving]
            told(set(late))
            if not late:
                break
            broken = [name for name in late if name not in there or _is_broken(there[name])]
            if broken or ctx.clock.monotonic_s() > deadline_s:
                raise _unhealthy(ctx, there, broken or late)
            _listen(changes, set(late), told)
        _all_of(begun)


def _listen(changes: Changes, late: set[str], told: Callable[[set[str]], None]) -> None:
    """Return when a look at the containers is worth its price: all are healthy, one is not, or nothing is heard."""
    while late:
        heard = changes.wait(_LOOK_S)
        if not heard or any(one.kind in {"unhealthy", "ended"} for one in heard):
            return
        late = late - {one.service for one in heard if one.kind == "healthy"}
        told(late)


def _is_broken(container: Container) -> bool:
    return container.state in {"exited", "dead"} or container.health == "unhealthy"


def _unhealthy(ctx: Context, there: dict[str, Container], names: Sequence[str]) -> TierUnhealthy:
    first = there.get(names[0])
    state = f"{first.state}, {first.health or 'no health yet'}" if first else "gone"
    words = ctx.engine.last_lines(first.id, _LAST_LINES) if first else ""
    said = f" Its last words:\n{words}" if words else ""
    return TierUnhealthy(
        f"Not healthy: {', '.join(names)}. {names[0]} is {state}.{said}", hint=f"lab logs {names[0]}"
    )


def set_shares(
    ctx: Context, lab: RunningLab, topology: Topology, *, tiers: Sequence[str] | None = None
) -> None:
    """Give the containers of some tiers, or of all, the CPU share of the plan."""
    jobs = []
    for tier in tiers if tiers is not None else dict.fromkeys(c.tier for c in lab.containers):
        cores = quota_cores(topology, tier)
        ids = [c.id for c in lab.tier(tier) if c.state == "running"]
        if cores is not None and ids:
            jobs.append(partial(ctx.engine.set_quota, ids, quota(cores)))
    together(*jobs)
