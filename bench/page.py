"""Write the kept figures into docs/benchmarks.md: `python -m bench.page`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench import trust
from bench.figures import Figure, measured, reach, verdict

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "benchmarks.md"
HEADING: Final = "## Kept figures\n"


def section(name: str, document: Mapping[str, Any]) -> str:
    """Return what stands below the heading: the machine, and a row for each figure."""
    where = document["environment"]
    lines = [
        f"From `bench/results/{name}`: {where['cores']} cores ({where['cpu']}), {where['memory_gib']} GiB,",
        f"kernel {where['kernel']}, cgroup v{where['cgroup_version']}, Engine {where['engine_version']},",
        f"Compose {where['compose_version']}. The middle one of n, and the lowest and the highest. The file also says how",
        "idle the machine was during each row.",
        "",
        "| what | reach | measured | met |",
        "|---|---|---|---|",
    ]
    for row in document["rows"]:
        figure = Figure(
            name=row["name"], what=row["what"], unit=row["unit"], values=row["values"], reach=row["reach"],
            at_least=row["at_least"],
        )  # fmt: skip
        lines.append(
            f"| {row['what']} | {reach(figure)} | {measured(figure)} | {verdict(figure) or 'shown only'} |"
        )
    return "\n".join(lines) + "\n"


def replaced(page: str, heading: str, text: str) -> str:
    """Return a page whose section below a heading is another."""
    head, _, rest = page.partition(heading)
    _, mark, after = rest.partition("\n## ")
    return f"{head}{heading}\n{text}{mark}{after}"


def main() -> None:
    """Replace both sections by what is kept."""
    results = ROOT / "bench" / "results"
    newest = max(results.glob("20*.json"))
    page = PAGE.read_text(encoding="utf-8")
    page = replaced(page, HEADING, section(newest.name, json.loads(newest.read_text(encoding="utf-8"))))
    PAGE.write_text(replaced(page, trust.HEADING, trust.section(results)), encoding="utf-8")


if __name__ == "__main__":
    main()
