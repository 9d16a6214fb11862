"""`lab demo`: a first measured curve as early as possible, then the full lab, left running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from lab.cli.console import out
from lab.cli.state import GLOBALS

if TYPE_CHECKING:
    from lab.workflows.context import Context

# Without the store: its image compiles for minutes, and a curve should be on the screen before that.
FIRST: Final = {"stage": "cached", "store": "local"}
REPLICAS: Final = (1, 2, 4)
BLOCKS: Final = 3
WARMUP_S: Final = 4.0
WINDOW_S: Final = 10.0


def demo(
    yes: Annotated[bool, typer.Option("--yes", help="Restore changed data without asking.")] = False,
) -> None:
    """Show the whole thing: build what is missing, measure 1, 2 and 4 replicas, draw the curve, start the full lab."""
    from lab.cli.confirm import confirm
    from lab.cli.wiring import context
    from lab.errors import RunInvalid
    from lab.model.images import images_for
    from lab.model.topology import resolve
    from lab.workflows.exclusive import exclusively
    from lab.workflows.find import running_lab
    from lab.workflows.fitting import require_fit
    from lab.workflows.images import ensure_images
    from lab.workflows.reset import may_be_changed
    from lab.workflows.up import execute
    from lab.workflows.up_plan import plan_up

    ctx = context()
    with exclusively(ctx, "demo"):
        say = ctx.reporter.info
        if may_be_changed(ctx, running_lab(ctx)):
            confirm(
                f'The data of lab "{ctx.lab}" was changed; the demo puts it back to the original. Go on?',
                yes=yes,
            )
        require_fit(ctx, resolve({}), scenario="read-heavy")
        say("[bold]1/4[/] images for the first curve (about 3 min the first time, then nothing)")
        invalid: RunInvalid | None = None
        try:
            _first_curve(ctx)
        except RunInvalid as error:  # a neighbour on the machine is no reason to leave without a lab
            invalid = error
            ctx.reporter.warn("the first curve is INVALID; the demo goes on, and tells why at its end")
        full = resolve({})
        say("[bold]3/4[/] the object store, compiled from source (about 5 min the first time, then nothing)")
        ensure_images(images_for(full), ctx)
        say("[bold]4/4[/] the full lab")
        running = execute(ctx, plan_up(ctx, full))
    if not GLOBALS.as_json:
        out("")
        out("[bold]The full lab is running.[/]")
        url, folder = f"http://127.0.0.1:{running.host_port}/", str(ctx.results.folder("last"))
        for label, text in last_screen(url, folder, is_valid=invalid is None):
            out(f"  {label:<22} {text}")
    if invalid is not None:
        raise invalid


def _first_curve(ctx: Context) -> None:
    from lab.cli.bench import DEFAULT_SEED, RAMP_S
    from lab.cli.sweeping import run_and_show
    from lab.model.images import images_for
    from lab.model.topology import resolve
    from lab.workflows.images import ensure_images
    from lab.workflows.measure import Load
    from lab.workflows.sweep_plan import plan_sweep

    topologies = {n: resolve({**FIRST, "replicas": n}) for n in REPLICAS}
    ensure_images(images_for(topologies[1]), ctx)
    ctx.reporter.info("[bold]2/4[/] the first curve: what do 1, 2 and 4 web replicas deliver? (about 3 min)")
    scenario = ctx.scenarios.load("read-heavy")
    load = Load(
        users=scenario.users,
        think_s=None,
        ramp_s=RAMP_S,
        warmup_s=WARMUP_S,
        duration_s=WINDOW_S,
        seed=DEFAULT_SEED,
    )
    plan = plan_sweep(
        ctx, scenario, load, factor="replicas", topologies=topologies, blocks=BLOCKS, restore=False
    )
    run_and_show(ctx, plan, yes=True)


def last_screen(url: str, folder: str, *, is_valid: bool) -> list[tuple[str, str]]:
    """Return what the last screen says: (what, where or which command).

    Args:
        is_valid: every point of the curve is there.
    """
    import sys
    from pathlib import Path

    here = Path(sys.executable).parent
    activate = here / "activate"
    page = "the curve, as a page" if is_valid else "what was measured"
    rows = [("the app", url), (page, f"{folder}/report.html")]
    if activate.exists():
        rows.append(("`lab` in this shell", f"source {activate}"))
    return [
        *rows,
        ("look at it", "lab status"),
        ("measure it", "lab bench read-heavy"),
        *([] if is_valid else [("the curve, once more", "lab sweep read-heavy --replicas 1,2,4")]),
        ("change it", "lab scale web=5"),
        ("the whole ladder", "lab sweep read-heavy --stage single..full"),
        ("stop and forget", "lab down --volumes"),
    ]
