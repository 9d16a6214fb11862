"""A measurement on the screen: progress while it runs, the result at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cli.console import console, err, is_terminal, out_json
from lab.cli.state import GLOBALS
from lab.errors import RunInvalid
from lab.model.run import Run, to_document

if TYPE_CHECKING:
    from lab.workflows.measure import Progress


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[Progress], None]]:
    """Show a bar with rate, errors and latency; a line every ten seconds where there is no terminal."""
    if GLOBALS.is_quiet:
        yield lambda _p: None
        return
    if not is_terminal(stderr=True):
        yield _line_printer(title)
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeRemainingColumn(),
        TextColumn("{task.fields[live]}"),
    )
    with Bar(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, live="starting")

        def show(p: Progress) -> None:
            live = f"{_rate(p)} · {p.failures} failed · p95 {p.p95_ms:4.0f} ms · {p.phase}"
            bar.update(task, total=p.total_s, completed=min(p.elapsed_s, p.total_s), live=live)

        yield show


def _rate(p: Progress) -> str:
    measured = f"{p.throughput_rps:5.0f} req/s"
    if p.rate_rps is None:
        return measured
    return (
        f"{measured} of {p.rate_rps:g} offered, {p.under_way} under way, {p.late} late, {p.dropped} dropped"
    )


def _line_printer(title: str) -> Callable[[Progress], None]:
    last = [-10.0]

    def show(p: Progress) -> None:
        if p.elapsed_s - last[0] >= 10:
            last[0] = p.elapsed_s
            err(
                f"  {title}: {p.elapsed_s:.0f}/{p.total_s:.0f} s, {p.phase}, {_rate(p).strip()}, {p.failures} failed, p95 {p.p95_ms:.0f} ms"
            )

    return show


def finish(run: Run, folder: Path) -> None:
    """Print a finished run and fail when it is INVALID.

    Raises:
        RunInvalid: with every reason.
    """
    from lab.cli.report import show_run

    if GLOBALS.as_json:
        out_json({**to_document(run), "folder": str(folder)})
    else:
        show_run(run, folder)
    if not run.is_valid:
        reasons = [
            f"{p.label}, block {m.block}: {problem}"
            for p in run.points
            if not p.stands
            for m in p.left_out
            for problem in m.problems
        ]
        raise RunInvalid("INVALID\n" + "\n".join(reasons), hint=f"the data is kept in {folder}")
