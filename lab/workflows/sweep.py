"""`lab sweep`: the same scenario over several settings, in randomised complete blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.errors import RunInvalid
from lab.model.lost import MAX_IN_VAIN
from lab.model.measurement import Measurement
from lab.model.precision import Reached
from lab.model.run import Run
from lab.model.state import RunningLab
from lab.model.sweep import Visit, with_repeat
from lab.model.topology import Topology
from lab.workflows.context import Context
from lab.workflows.down import take_down
from lab.workflows.find import running_lab
from lab.workflows.fitting import warn_of_power
from lab.workflows.journal import Writer
from lab.workflows.measure import Progress, measure
from lab.workflows.observed import no_measurement
from lab.workflows.record import keep, new_run_id
from lab.workflows.reset import is_changed, reset_data
from lab.workflows.sweep_plan import SweepPlan
from lab.workflows.sweep_record import how_precise, sweep_run
from lab.workflows.up import execute
from lab.workflows.up_plan import plan_up

OnProgress = Callable[[Progress], None]
OnVisit = Callable[[int, Visit, Measurement | None], None]
OnBlock = Callable[[int, Reached | None], None]


def run_sweep(
    ctx: Context,
    plan: SweepPlan,
    *,
    on_progress: OnProgress,
    on_visit: OnVisit,
    on_block: OnBlock = lambda _done, _state: None,
    writer: Writer | None = None,
) -> tuple[Run, Path]:
    """Measure block after block until precise enough, all done or out of time; restore the topology, keep the run.

    Every window is written to a journal as soon as it has ended. A window that was spoiled by something that passes is
    kept, and made again at the end of its block.

    Args:
        on_block: hears of each block that was completed here, and how precise the points are if a precision is asked for.
        writer: the journal of an interrupted sweep, to go on with.
    """
    power = warn_of_power(ctx)
    journal = writer or new_writer(ctx, plan)
    try:
        ended = _Sweeper(ctx, plan, journal, on_progress, on_visit, on_block).blocks()
    finally:
        if plan.restore:
            _go_back(ctx, plan)
    run = sweep_run(ctx, plan, journal, power=power, ended=ended)
    folder = keep(ctx, run)
    journal.close()
    return run, folder


def new_writer(ctx: Context, plan: SweepPlan) -> Writer:
    """Return the journal of a sweep that begins."""
    what = "-".join(word.replace("_", "-") for word in ("by", plan.factor, plan.second_factor) if word)
    return Writer(ctx=ctx, plan=plan, run_id=new_run_id(ctx, plan.scenario, what))


class _Sweeper:
    """Measures one block after the other."""

    def __init__(
        self,
        ctx: Context,
        plan: SweepPlan,
        journal: Writer,
        on_progress: OnProgress,
        on_visit: OnVisit,
        on_block: OnBlock,
    ) -> None:
        self._ctx = ctx
        self._plan = plan
        self._journal = journal
        self._on_progress = on_progress
        self._on_visit = on_visit
        self._on_block = on_block
        self._began_s = ctx.clock.monotonic_s()
        self._numbers = {(visit.block, visit.value): i for i, visit in enumerate(plan.order, start=1)}
        self._visits = 0
        self._in_vain = 0  # repeats in a row that were spoiled again

    def blocks(self) -> str:
        """Measure until it ends; return why it did."""
        budget, done, state = self._plan.budget, 0, None
        while True:
            pending = self._left_of(done + 1)
            spent_s = self._ctx.clock.monotonic_s() - self._began_s
            block_s = max(1, len(pending)) * self._visit_s(spent_s)
            ended = budget.ended(done, state, spent_s=spent_s, block_s=block_s)
            if ended:
                return ended
            is_new = bool(pending)  # a resumed sweep does not tell again of the blocks that it had
            self._block(pending)
            done += 1
            state = (
                how_precise(self._ctx, self._plan, self._journal)
                if self._plan.precision is not None
                else None
            )
            if is_new:
                self._on_block(done, state)

    def _visit_s(self, spent_s: float) -> float:
        """Return what one visit takes: as seen in this session, before its first one as planned."""
        return spent_s / self._visits if self._visits else self._plan.block_s / len(self._plan.values)

    def _left_of(self, block: int) -> list[Visit]:
        """Return the visits of a block that have no VALID window yet; all of them in a sweep that begins."""
        have = {(done.block, done.label) for done in self._journal.done if not done.measurement.repeated}
        return [
            visit
            for visit in self._plan.order
            if visit.block == block and (block, self._plan.label(visit.value)) not in have
        ]

    def _block(self, pending: list[Visit]) -> None:
        while pending:
            visit = pending.pop(0)
            number = self._numbers[visit.block, visit.value]
            self._on_visit(number, visit, None)
            measurement, ready = self._visit(visit)
            left = with_repeat(pending, visit) if self._is_worth_repeating(visit, measurement) else None
            if left is not None:
                pending, measurement = left, replace(measurement, repeated=True)
            self._journal.add(visit, measurement, ready)
            self._visits += 1
            self._on_visit(number, visit, measurement)

    def _is_worth_repeating(self, visit: Visit, measurement: Measurement) -> bool:
        if not measurement.should_repeat:
            self._in_vain = 0
            return False
        if visit.attempt > 1:
            self._in_vain += 1
            if self._in_vain == MAX_IN_VAIN:
                self._ctx.reporter.warn(
                    f"{MAX_IN_VAIN} repeats in a row were spoiled again: what spoils them does not pass, so nothing is repeated any more"
                )
        return self._in_vain < MAX_IN_VAIN

    def _visit(self, visit: Visit) -> tuple[Measurement, dict[str, Any]]:
        ctx, plan = self._ctx, self._plan
        topology = plan.topologies[visit.value]
        lab = _at(ctx, plan, topology, is_first=not self._visits)
        started_s = ctx.clock.now_s()
        load = plan.load_of(visit)
        try:
            return measure(
                ctx, lab, topology, plan.scenario, load, block=visit.block, on_progress=self._on_progress
            )
        except (
            RunInvalid
        ) as error:  # one point's scenario failed: it is kept as INVALID, the others are not lost
            return no_measurement(block=visit.block, started_s=started_s, reason=error.message), {}


def _go_back(ctx: Context, plan: SweepPlan) -> None:
    if running_lab(ctx) is None:
        return
    if plan.before is None:
        take_down(ctx, ctx.lab, volumes=not plan.is_data_changed)  # nothing was there before: nothing stays
    else:
        execute(ctx, plan_up(ctx, plan.before, web_image=plan.web_image))


def _at(ctx: Context, plan: SweepPlan, topology: Topology, *, is_first: bool) -> RunningLab:
    lab = execute(ctx, plan_up(ctx, topology, web_image=plan.web_image))
    writes = plan.scenario.data == "writes"
    if is_changed(ctx, lab) or (writes and topology.store == "s3" and not is_first):
        return reset_data(ctx, topology, with_store=writes)
    return lab
