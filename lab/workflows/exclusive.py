"""Have a lab to ourselves: one command at a time, and never in a compose project of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from lab.errors import BadInput, LabBusy
from lab.model.holder import Holder
from lab.together import together
from lab.workflows.context import Context

PATIENCE_S: Final = 60.0  # for a command that changes a lab; nearly all of them end within half of this
_POLL_S: Final = 0.2
_SHOWN: Final = 3


@contextmanager
def exclusively(ctx: Context, command: str, *, lab: str | None = None) -> Iterator[None]:
    """Hold a lab's lock: wait for a command that changes the lab, refuse beside one that measures it.

    Raises:
        LabBusy: naming who holds it.
        MachineNotReady: a measurement of another user or computer runs in the lab.
        BadInput: the lab's name belongs to a compose project that is not ours.
    """
    name = lab or ctx.lab
    try:
        _take(ctx, name, command)
    except OSError as error:
        ctx.reporter.warn(
            f"no lock ({error.strerror or error}{f': {error.filename}' if error.filename else ''});"
            f' do not run two commands on lab "{name}" at once'
        )
    try:
        jobs = [partial(refuse_foreign, ctx, name)]
        if command != "down":  # which removes them all
            jobs.append(partial(ctx.probe.remove_orphans, name))
        together(*jobs)
        yield
    finally:
        ctx.locks.release(name)


def _take(ctx: Context, lab: str, command: str) -> None:
    holder = ctx.locks.take(lab, command)
    if holder is None:
        return
    if holder.takes_minutes:
        raise _busy(lab, holder)
    ctx.reporter.info(f'waiting for {holder} in lab "{lab}"')
    deadline_s = ctx.clock.monotonic_s() + PATIENCE_S
    while holder is not None:
        if ctx.clock.monotonic_s() > deadline_s or holder.takes_minutes:
            raise _busy(lab, holder)
        ctx.clock.sleep(_POLL_S)
        holder = ctx.locks.take(lab, command)


def _busy(lab: str, holder: Holder) -> LabBusy:
    way_out = f", or end it with: kill {holder.pid}" if holder.command and holder.is_alive else ""
    return LabBusy(f'Lab "{lab}" is in use by {holder}.', hint=f"wait until it ends{way_out}")


def refuse_foreign(ctx: Context, lab: str) -> None:
    """Check that no compose project of somebody else has the lab's name.

    Raises:
        BadInput: naming what was found.
    """
    foreign = ctx.engine.foreign(lab)
    if foreign:
        shown = ", ".join(foreign[:_SHOWN]) + (
            f" and {len(foreign) - _SHOWN} more" if foreign[_SHOWN:] else ""
        )
        raise BadInput(
            f'--lab: "{lab}" is the name of a compose project that is not a lab ({shown}); it is left alone',
            hint="choose another name: --lab NAME, or LAB_NAME in the environment",
        )
