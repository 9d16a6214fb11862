"""What a search for capacity found, in the lines that people quote. Pure."""

from __future__ import annotations

from lab.model.run import Run
from lab.report.facts import THIS_MACHINE_ONLY, scenario_name


def capacity_lines(run: Run) -> list[str]:
    """Return the answer of a `capacity` run, with how often it was confirmed and what binds above it."""
    said = run.procedure
    lines = _demand_lines(run) if "demand" in said else [_highest_line(run)]
    above = next((p for p in run.points if p.setting.get("rate") == said.get("fails_rps") and p.limit), None)
    if above is not None:
        lines.append(f"limit at {above.label}/s: {above.limit}")
    if said.get("stopped"):
        lines.append(f"stopped early: {said['stopped']}")
    return [*lines, THIS_MACHINE_ONLY]


def _highest_line(run: Run) -> str:
    said = run.procedure
    replicas = run.points[-1].setting.get("replicas", "?") if run.points else "?"
    start = f"{scenario_name(run)} · {replicas} web"
    holds, fails = said["holds_rps"], said["fails_rps"]
    if holds is None:
        lowest = min((trial["rate_rps"] for trial in said["trials"]), default=0.0)
        return f"{start} · not even {lowest:g}/s holds {said['slo']}"
    agree, runs = said["holds_runs"]
    line = f"{start} · {holds:g}/s holds {said['slo']} ({agree} of {runs} windows)"
    if fails is None:
        return f"{line}; no rate was found that does not"
    agree, runs = said["fails_runs"]
    confirmed = "" if said["confirmed"] else "; NOT CONFIRMED"
    return f"{line}; {fails:g}/s does not ({agree} of {runs}){confirmed}"


def _demand_lines(run: Run) -> list[str]:
    lines = [f"{scenario_name(run)} · fewest web replicas that hold {run.procedure['slo']}"]
    for each in run.procedure["demand"]:
        tried = ", ".join(map(str, each["tried"]))
        count = "none of those tried" if each["replicas"] is None else f"{each['replicas']} web"
        lines.append(f"  {each['rate_rps']:g}/s: {count}  (tried {tried or 'none'})")
    return lines
