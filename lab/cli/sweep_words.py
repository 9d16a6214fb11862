"""What a sweep says of its plan, its precision and its ratios. Words only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lab.model.precision import Reached
    from lab.model.run import Run
    from lab.workflows.sweep_plan import SweepPlan

_TIMES: Final = "\N{MULTIPLICATION SIGN}"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def plan_words(plan: SweepPlan) -> str:
    """Return what is going to be measured: points, blocks, time."""
    count, budget = len(plan.values), plan.budget
    over = f"{plan.scenario.name} over {plan.factor.replace('_', '-')} = {', '.join(map(plan.label, plan.values))}"
    windows = (
        f"{count * plan.blocks} windows of {plan.load.duration_s:g} s in {plan.blocks} blocks,"
        f" about {_minutes(plan.expected_s)}"
    )
    if plan.precision is None:
        words = f"{over}: {windows}"
    else:
        words = (
            f"{over}: a pilot of {windows}; then complete blocks until every half-width is at most"
            f" {_percent(plan.precision)}, at most {budget.most_blocks} blocks,"
            f" {_minutes(budget.most_blocks * plan.block_s)}"
        )
    if plan.max_time_s is not None:
        fit = min(budget.most_blocks, int(plan.max_time_s // plan.block_s))
        words += f"; in {_minutes(plan.max_time_s)} about {fit} of {budget.most_blocks} blocks fit"
    return words


def block_words(plan: SweepPlan, done: int, state: Reached) -> str:
    """Return how precise the points are after a block, and how many blocks are still expected."""
    widths = ", ".join(
        f"{label}: {_percent(ratio) if ratio is not None else 'none yet'}"
        for label, ratio in state.ratios.items()
    )
    words = f"  after {done} block{'s' if done > 1 else ''}, half-widths {widths}"
    if state.is_enough or state.needed <= done:
        return words
    most = plan.budget.most_blocks
    if state.needed > most:
        return f"{words}; more than {most} blocks would be needed"
    more = state.needed - done
    return f"{words}; about {state.needed} blocks needed, {more} more, {_minutes(more * plan.block_s)}"


def result_lines(run: Run) -> list[str]:
    """Return which precision was reached and which was not, and each ratio against the stated baseline."""
    said = run.procedure
    rows: list[dict[str, Any]] = list(said.get("precision", ()))
    return [*_precision_lines(said, rows), *_ratio_lines(said, rows), *_session_lines(said)]


def _precision_lines(said: Any, rows: list[dict[str, Any]]) -> list[str]:  # noqa: ANN401 - a JSON object
    lines = []
    asked = said.get("precision_ratio")
    if asked is not None:
        wide = [
            f"{row['point']} ({_percent(row['half_width_ratio']) if row['half_width_ratio'] is not None else 'no interval'})"
            for row in rows
            if not row.get("is_precise")
        ]
        reached = f"not reached at {', '.join(wide)}" if wide else "reached at every point"
        lines.append(f"precision {_percent(asked)}: {reached}; ended: {said['ended']}")
    elif said["ended"] != "all blocks measured":
        lines.append(f"ended: {said['ended']}")
    if said.get("rejected"):
        counts = ", ".join(f"{count} x {reason}" for reason, count in said["rejected"].items())
        lines.append(f"measured again: {counts}")
    return lines


def _ratio_lines(said: Any, rows: list[dict[str, Any]]) -> list[str]:  # noqa: ANN401
    found = [
        f"{row['point']}: {_TIMES}{row['ratio']:.2f} ({row['low']:.2f}..{row['high']:.2f})"
        for row in rows
        if row.get("low") is not None and row.get("pairs")
    ]
    return [f"against {said['baseline']}, paired by block: {', '.join(found)}"] if found else []


def _session_lines(said: Any) -> list[str]:  # noqa: ANN401
    if not said.get("sessions"):
        return []
    gaps = ", ".join(_minutes(gap) for gap in said["gaps_s"])
    words = f"measured in {len(said['sessions'])} sessions, with {gaps} between them"
    if said.get("split_blocks"):
        words += f"; block {', '.join(map(str, said['split_blocks']))} lies in two"
    if said.get("changed_between"):
        words += f"; changed meanwhile: {'; '.join(said['changed_between'])}"
    return [words]
