"""Wait until every read replica repeats the primary."""

from __future__ import annotations

from functools import partial
from typing import Final

from lab.errors import LabError, MachineNotReady, TierUnhealthy
from lab.model.state import Container, RunningLab
from lab.together import together
from lab.workflows.context import Context

SYNC_S: Final = 60.0


def wait_in_sync(ctx: Context, lab: RunningLab) -> None:
    """Return when each replica's own health check passes: both threads run and it has applied what it received.

    Raises:
        TierUnhealthy: naming the replica and what its check said.
    """
    replicas = lab.tier("db-replica")
    deadline_s = ctx.clock.monotonic_s() + SYNC_S
    together(*(partial(_wait_for, ctx, replica, deadline_s) for replica in replicas))


def _wait_for(ctx: Context, replica: Container, deadline_s: float) -> None:
    while True:
        try:
            ctx.engine.run_in(replica.id, ["db-health"], timeout_s=10)
        except MachineNotReady:  # no engine: waiting does not help
            raise
        except LabError as error:
            if ctx.clock.monotonic_s() > deadline_s:
                raise TierUnhealthy(
                    f"{replica.service}: not in sync within {SYNC_S:g} s.\n{error.message}",
                    hint=f"lab logs {replica.service}",
                ) from error
            ctx.clock.sleep(0.3)
        else:
            return
