"""Wait until every read replica repeats the primary."""

from __future__ import annotations

from typing import Final

from lab.errors import LabError, TierUnhealthy
from lab.model.state import RunningLab
from lab.workflows.context import Context

SYNC_S: Final = 60.0


def wait_in_sync(ctx: Context, lab: RunningLab) -> None:
    """Return when each replica's own health check passes: both threads run and it has applied what it received.

    Raises:
        TierUnhealthy: naming the replica and what its check said.
    """
    deadline = ctx.clock.monotonic_s() + SYNC_S
    for replica in lab.tier("db-replica"):
        while True:
            try:
                ctx.engine.run_in(replica.id, ["db-health"], timeout_s=10)
                break
            except LabError as error:
                if ctx.clock.monotonic_s() > deadline:
                    raise TierUnhealthy(
                        f"{replica.service}: not in sync within {SYNC_S:g} s.\n{error.message}",
                        hint=f"lab logs {replica.service}",
                    ) from error
                ctx.clock.sleep(0.3)
