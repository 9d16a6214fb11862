"""Make one tier the bottleneck on purpose, case by case, and ask the verdict which it is.

Run: `python -m bench.ground_truth [--only WORD] [--fixtures DIR]`. Prints expected and got, and writes the figures after
each case. `--fixtures` also keeps what each verdict was made from, for tests/unit/test_verdict.py.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.ending import end_cleanly
from bench.ground_truth_acts import LAB, meanwhile, quotas, starve_generator
from bench.ground_truth_cases import CASES, Case
from bench.labs import lab
from bench.machine import environment
from lab import assets
from lab.model.measurement import Measurement
from lab.model.run import Verdict, from_document
from lab.model.verdict import verdict_of

RESULTS: Final = Path(__file__).parent / "results" / "ground-truth.json"
WARMUP_S: Final = 6
WINDOW_S: Final = 12
MAX_REPEATS: Final = 2
_DROPPED: Final[dict[str, Any]] = {"series": [], "histogram": "", "by_name": {}}  # not looked at by any rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one case."""

    case: Case
    verdict: Verdict
    measurements: list[Measurement]

    @property
    def is_right(self) -> bool:
        """Say whether kind and culprit are among those that are right."""
        return is_right(self.case, self.verdict)


def is_right(case: Case, verdict: Verdict) -> bool:
    """Say whether a verdict is one of those that are right in a case."""
    if verdict.kind not in case.kinds:
        return False
    if verdict.kind == "two":
        return {verdict.culprit, verdict.second} == set(case.culprits)
    return verdict.culprit in (case.culprits or ("",))


def scenario_of(case: Case, folder: Path) -> str:
    """Return the scenario's name, or the path of one that is written for a case's own requests."""
    if case.scenario:
        return case.scenario
    actions = [
        f'    @action("a{i}")\n    def a{i}(self):\n        self.fetch("/?{query}", name="{query}", contains="done")\n'
        for i, query in enumerate(case.requests)
    ]
    mix = "\n".join(f"a{i} = {share}" for i, share in enumerate(case.requests.values()))
    (folder / "own.py").write_text(
        "from labload import LabUser, action\n\n\nclass User(LabUser):\n" + "\n".join(actions)
    )
    (folder / "own.toml").write_text(
        f'title = "T"\nhypothesis = "H"\nusers = {case.users}\nthink_s = {case.think_s}\nwarmup_s = {WARMUP_S}\n'
        f'duration_s = {WINDOW_S}\ndata = "reads"\nverify = false\nsweep = "--replicas 1,2"\n[mix]\n{mix}\n'
    )
    return str(folder / "own.toml")


def _changed(case: Case, folder: Path) -> str:
    """Return the path of a copy of a shipped scenario with a case's think time and mix."""
    for suffix in (".py", ".toml"):
        text = (assets.root() / "scenarios" / f"{case.scenario}{suffix}").read_text(encoding="utf-8")
        if suffix == ".toml":
            text = re.sub(r"(?m)^think_s\s*=.*$", f"think_s = {case.think_s}", text)
            text = re.sub(r"(?m)^warmup_s\s*=.*$", f"warmup_s = {WARMUP_S}", text)
            for name, share in case.mix.items():
                text = re.sub(rf"(?m)^{name}\s*=.*$", f"{name} = {share}", text)
        (folder / f"own{suffix}").write_text(text, encoding="utf-8")
    return str(folder / "own.toml")


def bench(case: Case, scenario: str) -> list[Measurement]:
    """Measure one window and return the measurements that count."""
    words = [sys.executable, "-m", "lab", "--lab", LAB, "bench", scenario, "--json", "--quiet"]
    words += ["--users", str(case.users), "--duration", f"{WINDOW_S}s"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if case.burn == "generator":
        starve_generator(process)
    out, err = process.communicate(timeout=240)
    try:
        said = json.loads(out)
        if said.get("schema") == "lab.error/1":
            raise RuntimeError(f"{case.name}: {said}")
        found = from_document({k: v for k, v in said.items() if k != "folder"}, name="bench")
    except ValueError:
        raise RuntimeError(f"{case.name}: {err[-2000:]}") from None
    point = found.points[0]
    return list(point.valid or [m for m in point.measurements if not m.repeated])


def disturbed(case: Case, measurements: Sequence[Measurement]) -> str:
    """Return what else kept the machine busy; empty when nothing did, or when that is the case itself."""
    found = [p for m in measurements for p in m.problems if p.startswith("machine:")]
    return found[0] if found and case.burn != "host" else ""


def measure(case: Case) -> Outcome:
    """Make what a case says, measure it, and judge it."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        is_other = case.scenario and (case.think_s or case.mix)
        scenario = _changed(case, folder) if is_other else scenario_of(case, folder)
        stack.enter_context(quotas(case))
        stack.enter_context(meanwhile(case))
        measurements = bench(case, scenario)
        for _ in range(MAX_REPEATS):
            if why := disturbed(case, measurements):
                print(f"again  {case.name}: {why}", flush=True)
                measurements = bench(case, scenario)
        if why := disturbed(case, measurements):
            raise RuntimeError(f"{case.name}: {why}")
    return Outcome(case=case, verdict=verdict_of(measurements), measurements=measurements)


def document(outcome: Outcome) -> dict[str, Any]:
    """Return a case's expected and found verdict."""
    case = outcome.case
    return {
        "name": case.name,
        "expected": {"kinds": list(case.kinds), "culprits": list(case.culprits)},
        "got": asdict(outcome.verdict),
        "right": outcome.is_right,
        "throughput_rps": [round(m.throughput_rps, 2) for m in outcome.measurements],
        "problems": [p for m in outcome.measurements for p in m.problems],
    }


def keep(outcome: Outcome, fixtures: Path | None) -> None:
    """Add a case to the results, and what its verdict was made from to the fixtures."""
    known = json.loads(RESULTS.read_text())["cases"] if RESULTS.exists() else []
    rows = [*(row for row in known if row["name"] != outcome.case.name), document(outcome)]
    order = {case.name: i for i, case in enumerate(CASES)}
    rows.sort(key=lambda row: order.get(row["name"], len(order)))
    right = sum(row["right"] for row in rows)
    wrong = sum(not row["right"] and row["got"]["is_confident"] for row in rows)
    summary = {"cases": len(rows), "right": right, "wrong_with_confidence": wrong}
    RESULTS.write_text(
        json.dumps(
            {"schema": "lab.ground-truth/1", "environment": environment(), "summary": summary, "cases": rows},
            indent=1,
        )
        + "\n"
    )
    if fixtures:
        fixtures.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", outcome.case.name.lower()).strip("-")
        kept = [{**asdict(m), **_DROPPED} for m in outcome.measurements]
        (fixtures / f"{name}.json").write_text(
            json.dumps({"name": outcome.case.name, "measurements": kept}, separators=(",", ":")) + "\n"
        )


def main() -> int:
    """Measure the chosen cases; return 1 if one is wrong with confidence."""
    end_cleanly()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="", help="cases whose name or place in the list matches this expression"
    )
    parser.add_argument("--fixtures", type=Path, default=None)
    args = parser.parse_args()
    chosen = [
        c for i, c in enumerate(CASES, 1) if re.search(args.only, c.name) or re.fullmatch(args.only, str(i))
    ]
    is_bad, running = False, ""
    try:
        for case in chosen:
            if case.up != running:
                lab(LAB, "up", *case.up.split())
                running = case.up
            try:
                outcome = measure(case)
            except RuntimeError as error:
                print(f"FAILED {error}", flush=True)
                is_bad = True
                continue
            keep(outcome, args.fixtures)
            v = outcome.verdict
            is_bad |= v.is_confident and not outcome.is_right
            sure = "sure" if v.is_confident else "perhaps"
            print(
                f"{'right' if outcome.is_right else 'WRONG'}  {case.name}: {v.kind} {v.culprit} ({sure}): {v.sentence}",
                flush=True,
            )
    finally:
        lab(LAB, "down", "--volumes")
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
