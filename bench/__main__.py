"""Run benchmarks, print the table, keep the figures: `python -m bench [ROW...]`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench.ending import end_cleanly
from bench.figures import MIN_ROUNDS, SCHEMA, Figure, as_row, merged, table
from bench.machine import commit, environment, watched
from bench.rows import LONG, ROWS

RESULTS: Final = Path(__file__).parent / "results"


def arguments() -> argparse.Namespace:
    """Return the command line, checked."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"{', '.join(ROWS)}; default: all but {', '.join(LONG)}"
    )
    parser.add_argument("--long", action="store_true", help=f"also {' and '.join(LONG)}")
    parser.add_argument(
        "--rounds", type=int, default=MIN_ROUNDS, help="measurements of each side (default %(default)s)"
    )
    parser.add_argument("--no-keep", action="store_true", help="write no file")
    given = parser.parse_args()
    unknown = [row for row in given.rows if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if given.rounds < 1:
        parser.error("--rounds: at least 1")
    if not given.rows:
        given.rows = [row for row in ROWS if given.long or row not in LONG]
    return given


def main() -> int:
    """Run the rows; return 1 when one misses its reach or fails."""
    end_cleanly()
    given = arguments()
    figures: list[Figure] = []
    rows: list[dict[str, Any]] = []
    failed = []
    for name in given.rows:
        print(f"{name} ...", file=sys.stderr, flush=True)
        during: dict[str, Any] = {}
        try:
            with watched(during):
                found = ROWS[name](given.rounds)
        except (RuntimeError, OSError, ValueError) as error:
            print(f"{name}: FAILED: {error}", file=sys.stderr)
            failed.append(name)
            continue
        print(table(found), file=sys.stderr, flush=True)
        figures += found
        rows += [as_row(figure, during) for figure in found]
    if figures:
        print(table(figures))
    if rows and not given.no_keep:
        print(f"kept: {_keep(rows)}")
    for name in failed:
        print(f"{name}: FAILED, no figure")
    missed = [figure.what for figure in figures if figure.is_met is False]
    if missed:
        print(f"missed: {'; '.join(missed)}")
    return 1 if missed or failed else 0


def _keep(rows: list[dict[str, Any]]) -> str:
    """Write the figures beside those of the same commit and day, and return the file's name."""
    short, is_changed = commit()
    document = {
        "schema": SCHEMA,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": short,
        "changed": is_changed,
        "environment": environment(),
        "rows": rows,
    }
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{document['date']}-{short}.json"
    old = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    file.write_text(json.dumps(merged(old, document), indent=2) + "\n", encoding="utf-8")
    return f"bench/results/{file.name}"


if __name__ == "__main__":
    sys.exit(main())
