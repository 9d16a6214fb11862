"""Memory of the default lab after it has been used."""

from __future__ import annotations

from bench.figures import Figure
from bench.labs import OURS, lab, removed_afterwards
from lab.adapters.engine_socket import engine_at_hand


def measure(rounds: int) -> list[Figure]:
    """Return the sum over all containers after `lab bench read-heavy`, as `docker stats` counts: without file cache.

    One lab, a measurement before each reading: it only grows, so later rounds are the stricter ones.
    """
    engine = engine_at_hand()
    totals: list[float] = []
    by_tier: dict[str, list[float]] = {}
    with removed_afterwards(f"{OURS}-memory") as name:
        lab(name, "up")
        for _ in range(rounds):
            # 5: a machine that others use, too, makes the window INVALID, and the memory no other
            lab(name, "bench", "read-heavy", "--duration", "20s", accepted=(0, 5))
            running = [c for c in engine.containers(name) if c.state == "running"]
            used = {c.service: engine.sample(c.id).memory_bytes / 2**30 for c in running}
            totals.append(sum(used.values()))
            for tier in dict.fromkeys(c.tier for c in running):
                mine = sum(used[c.service] for c in running if c.tier == tier)
                by_tier.setdefault(f"{tier}, GiB", []).append(mine)
    what = "memory of the default lab after lab bench read-heavy"
    return [Figure(name="memory", what=what, unit="GiB", values=totals, reach=1.25, seconds=by_tier)]
