"""What an A/A run and a cold one say on the screen. Words only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lab.model.run import Run

_TIMES: Final = "\N{MULTIPLICATION SIGN}"


def aa_lines(run: Run) -> list[str]:
    """Return the ratio of the same to the same, and the smallest difference that this machine can tell."""
    said = run.procedure
    pairs = [row for row in said["pairs"] if row["ratio"] is not None]
    if "ratio" not in said:
        return [f"A/A: {len(pairs)} valid pairs are too few for an interval"]
    holds = (
        "holds 1, as it should"
        if said["holds_1"]
        else "excludes 1: by chance in one of 20 runs, else something drifts; measure again"
    )
    lines = [
        f"A/A: B/A {_TIMES}{said['ratio']:.3f} ({said['low']:.3f}..{said['high']:.3f}, 95 %, {len(pairs)} pairs): it {holds}"
    ]
    if "floor_ratio" in said:
        floors = ", ".join(f"{100 * value:.1f} % with {n}" for n, value in said["floor_ratio"].items())
        lines.append(
            f"noise floor of this machine, each result: {floors.replace('with 1 windows', 'with 1 window')}"
        )
        lines.append("  = exp(t(.975, pairs) x s / sqrt(windows)) - 1, s the spread of ln(B/A) around 0")
    lines.append(f"  {said['unit']}")
    return lines


def fill_lines(run: Run) -> list[str]:
    """Return how the cache filled: share of hits and mean latency from the start of the load on, in six steps."""
    lines = []
    for m in run.points[0].measurements:
        seconds = [second for second in m.series if second.hit_ratio is not None]
        if not seconds:
            lines.append(
                f"window {m.block}: no cache was asked: this topology has none, or the scenario does not use it"
            )
            continue
        last = len(seconds) - 1
        chosen = [seconds[i] for i in sorted({round(last * step / 5) for step in range(6)})]
        steps = ", ".join(
            f"{s.t_s - m.series[0].t_s:.0f} s: {s.hit_ratio:.0%} hits, {s.mean_ms:.0f} ms" for s in chosen
        )
        lines.append(f"window {m.block}, from an empty cache: {steps}")
    return lines
