"""Write the kept figures into docs/benchmarks.md: `python -m bench.page`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench import trust
from bench.figures import Figure, measured, reach, verdict
from bench.rows import ROWS

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "benchmarks.md"
HEADING: Final = "## Kept figures\n"


def newest(documents: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the newest figure of each row with the name of its file, in the order of the runner's rows.

    Args:
        documents: kept files by name.
    """
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name, document in documents.items():
        for row in document["rows"]:
            other = found.get(row["name"])
            if other is None or _started(other[1]) < _started(row):
                found[row["name"]] = (name, row)
    return sorted(found.values(), key=lambda each: (_place(each[1]["name"]), each[1]["name"]))


def _started(row: Mapping[str, Any]) -> str:
    return str(row["during"]["started"])


def _place(figure: str) -> int:
    rows = [number for number, name in enumerate(ROWS) if f"{figure}-".startswith(f"{name}-")]
    return max(rows, default=len(ROWS))


def section(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what stands below the heading: a row for each figure, and the machines that they come from."""
    rows = newest(documents)
    names = sorted({name for name, _ in rows}, reverse=True)
    lines = [
        "The newest figure of each row: the middle one of n, and the lowest and the highest. The last column is the file, in",
        "`bench/results/`; it also says how idle the machine was during the row, and how much of it neighbours took.",
        "",
        "| what | reach | measured | met | file |",
        "|---|---|---|---|---|",
    ]
    for name, row in rows:
        figure = Figure(
            name=row["name"], what=row["what"], unit=row["unit"], values=row["values"], reach=row["reach"],
            at_least=row["at_least"],
        )  # fmt: skip
        met = verdict(figure) or "shown only"
        lines.append(
            f"| {row['what']} | {reach(figure)} | {measured(figure)} | {met} | {names.index(name) + 1} |"
        )
    lines.append("")
    lines += [f"{number}. `{name}`: {_where(documents[name])}" for number, name in enumerate(names, 1)]
    return "\n".join(lines) + "\n"


def _where(document: Mapping[str, Any]) -> str:
    where = document["environment"]
    return (
        f"{where['cores']} cores ({where['cpu']}), {where['memory_gib']} GiB, kernel {where['kernel']}, "
        f"cgroup v{where['cgroup_version']}, Engine {where['engine_version']}, Compose {where['compose_version']}"
    )


def replaced(page: str, heading: str, text: str) -> str:
    """Return a page whose section below a heading is another."""
    head, _, rest = page.partition(heading)
    _, mark, after = rest.partition("\n## ")
    return f"{head}{heading}\n{text}{mark}{after}"


def kept(results: Path) -> dict[str, dict[str, Any]]:
    """Return the kept files of the runner by name."""
    return {
        file.name: json.loads(file.read_text(encoding="utf-8")) for file in sorted(results.glob("20*.json"))
    }


def main() -> None:
    """Replace both sections by what is kept."""
    results = ROOT / "bench" / "results"
    page = PAGE.read_text(encoding="utf-8")
    page = replaced(page, HEADING, section(kept(results)))
    PAGE.write_text(replaced(page, trust.HEADING, trust.section(results)), encoding="utf-8")


if __name__ == "__main__":
    main()
