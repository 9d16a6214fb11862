"""The benchmarks, one module each. To add one: a module with `measure(rounds)`, a line here, a line in the docs.

`measure` returns the row's figures, each with one value per round; ours and the reference take turns within it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench.figures import Figure
from bench.rows import collectors, down, generator, images, memory, open_load, restore, scale, start_up, up

Measure = Callable[[int], Sequence[Figure]]

ROWS: Final[Mapping[str, Measure]] = {
    "up": up.measure,
    "scale": scale.measure,
    "down": down.measure,
    "start-up": start_up.measure,
    "memory": memory.measure,
    "generator": generator.measure,
    "open-load": open_load.measure,
    "collectors": collectors.measure,
    "restore": restore.measure,
    "images": images.measure,
    "image-store": images.measure_store,
}

LONG: Final = ("images", "image-store")
"""Minutes each: only when they are named, or with --long. They run once, whatever --rounds says."""
