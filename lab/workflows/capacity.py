"""`lab capacity`: the highest rate that holds an objective, or the fewest replicas that hold it at a rate."""

from __future__ import annotations

from pathlib import Path

from lab.errors import RunInvalid
from lab.model.run import Run
from lab.workflows.capacity_plan import CapacityPlan
from lab.workflows.capacity_record import capacity_run
from lab.workflows.capacity_search import OnProgress, OnTried, Search, Searcher
from lab.workflows.context import Context
from lab.workflows.fitting import warn_of_power
from lab.workflows.record import keep
from lab.workflows.up import execute
from lab.workflows.up_plan import plan_up


def run_capacity(
    ctx: Context, plan: CapacityPlan, *, on_progress: OnProgress, on_tried: OnTried
) -> tuple[Run, Path]:
    """Search, put the topology back, keep the run and return it with its folder.

    Raises:
        RunInvalid: window after window failed a gate that says nothing about the lab, before anything was found.
    """
    power = warn_of_power(ctx)
    search = Search()
    searcher = Searcher(ctx, plan, search, on_progress, on_tried)
    try:
        if plan.rates_rps:
            searcher.fewest_replicas()
        else:
            searcher.highest_rate()
    finally:
        if len(plan.topologies) > 1:
            execute(ctx, plan_up(ctx, plan.before, web_image=plan.web_image))
    if not search.tried:
        raise RunInvalid(search.stopped or "nothing was measured", hint="lab doctor; a longer --max-time")
    run = capacity_run(ctx, plan, search, power)
    return run, keep(ctx, run)
