"""The documentation says what the code does: nothing is missing, links lead somewhere, quoted lines are real."""

from __future__ import annotations

import ast
import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import errors
from lab.cli.options import _TEXTS
from lab.model import (
    doctor_machine,
    doctor_software,
    fit,
    gates,
    gates_counts,
    intervention,
    lost,
    speed,
    steady,
    verdict,
    verdict_waits,
)
from lab.model.measurement import Latency, Measurement, Second, Steady, Use
from lab.model.plan import needs
from lab.model.run import Interval, Point, Run
from lab.model.scenario import parse_scenario
from lab.model.stages import STAGES
from lab.model.topology import resolve
from lab.model.topology_values import CHOICES, RANGES
from lab.render.compose import render
from lab.tiers import TIER_NAMES
from probe import parse_apache, parse_haproxy, parse_memcached, parse_minio, parse_mysql
from tests.unit.docs_pages import (
    COMMAND,
    COMMANDS,
    CONTRIBUTING,
    FENCE,
    LINK,
    MEASURING,
    PAGES,
    README,
    REFERENCE,
    RESULTS,
    ROOT,
    SCENARIOS,
    name_of,
    prose,
)


def own_options(command: Any) -> list[str]:
    """Return a command's options but for help and the topology options, which have a table of their own."""
    options = [
        option
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
        for option in parameter.opts
        if option.startswith("-")
    ]
    shared = {"--help", "-h", "--topology", *("--" + key.replace("_", "-") for key in _TEXTS)}
    return [option for option in options if option not in shared]


# -- nothing is missing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    row = re.search(rf"^\| `lab {name}` \|.*$", REFERENCE, re.MULTILINE)
    assert row, f"docs/reference.md has no row for `lab {name}`"
    for option in own_options(COMMANDS[name]):
        assert f"`{option}`" in row[0], f"the row of `lab {name}` does not name {option}"


def test_every_global_option_is_documented() -> None:
    for parameter in COMMAND.params:
        for option in parameter.opts:
            assert f"{option}`" in REFERENCE or f"`{option} " in REFERENCE


@pytest.mark.parametrize("key", [*_TEXTS, "topology"])
def test_every_topology_option_is_documented(key: str) -> None:
    row = re.search(rf"^\| `--{key.replace('_', '-')}` \|.*$", REFERENCE, re.MULTILINE)
    assert row
    for choice in CHOICES.get(key, ()):
        assert f"`{choice}`" in row[0]
    if key in RANGES:
        low, high = RANGES[key]
        assert f"{low} to {high}" in row[0]


def test_every_exit_code_is_documented() -> None:
    found = {int(code) for code in re.findall(r"^\| (\d+) \|", REFERENCE, re.MULTILINE)}
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.LabError)]
    assert found == {0} | {c.exit_code for c in classes}


def test_every_json_schema_is_documented() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "lab").rglob("*.py"))
    schemas = set(re.findall(r'"(lab\.[a-z-]+/\d+)"', source))
    assert "lab.run/1" in schemas
    assert schemas <= set(re.findall(r"`(lab\.[a-z-]+/\d+)`", REFERENCE))


def test_every_environment_variable_is_documented() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "lab").rglob("*.py"))
    read = set(re.findall(r'os\.environ(?:\.get\(|\[)"(\w+)"', source))
    assert "LAB_NAME" in read
    assert read <= set(re.findall(r"`(\w+)`", REFERENCE))


@pytest.mark.parametrize("tier", TIER_NAMES)
def test_every_tier_has_a_page_with_the_same_parts(tier: str) -> None:
    text = (ROOT / f"docs/tiers/{tier}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {tier}\n")
    for title in ("## The lines that matter", "## What to look at", "## When it is ", "## Exercise"):
        assert title in text
    assert f"docs/tiers/{tier}.md" in README


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_has_a_page_with_its_mix(name: str) -> None:
    text = (ROOT / f"docs/scenarios/{name}.md").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / f"scenarios/{name}.toml").read_text(encoding="utf-8"))
    assert text.startswith(f"# {name}\n")
    for action, share in settings["mix"].items():
        assert f"| `{action}` | {share:.0%} |".replace("%", " %") in text
    assert f"{settings['users']} users" in text
    assert f"docs/scenarios/{name}.md" in README


def test_no_page_is_about_something_that_is_gone() -> None:
    assert {path.stem for path in (ROOT / "docs/tiers").glob("*.md")} == set(TIER_NAMES)
    assert {path.stem for path in (ROOT / "docs/scenarios").glob("*.md")} == set(SCENARIOS)


@pytest.mark.parametrize("kind", [Run, Point, Measurement, lost.Lost, Use, Latency, Second, Steady, Interval])
def test_every_key_of_a_run_is_documented(kind: Any) -> None:
    named = set(re.findall(r"`(\w+)`", RESULTS)) | set(re.findall(r'"(\w+)":', RESULTS))
    assert {field.name for field in dataclasses.fields(kind)} <= named
    assert {"schema", "valid"} <= named


@pytest.mark.parametrize("function", ["environment", "scenario_record", "load_record"])
def test_every_key_of_a_runs_records_is_documented(function: str) -> None:
    tree = ast.parse((ROOT / "lab/workflows/record.py").read_text(encoding="utf-8"))
    made = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == function)
    returned = next(
        n.value for n in ast.walk(made) if isinstance(n, ast.Return) and isinstance(n.value, ast.Dict)
    )
    keys = {key.value for key in returned.keys if isinstance(key, ast.Constant)}
    assert len(keys) > 3
    assert keys <= set(re.findall(r"`(\w+)`", RESULTS))


def test_every_metric_is_documented() -> None:
    metrics = {
        *parse_haproxy.GAUGES, *parse_haproxy.COUNTERS, *parse_haproxy.status_values("UP"),
        *parse_apache._NAMES.values(), "keepalive_workers",
        *parse_memcached.GAUGES, *parse_memcached.COUNTERS, *parse_memcached.hit_ratio({"get_hits_per_s": 1.0}),
        *parse_mysql.GAUGES.values(), *parse_mysql.COUNTERS.values(),
        *parse_mysql.replica_values({}), "lag_ms", *parse_minio._NAMES.values(),
    }  # fmt: skip
    assert metrics <= set(re.findall(r"`(\w+)`", RESULTS))


def test_the_gates_limits_are_the_documented_ones() -> None:
    assert f"at least {gates.MIN_REQUESTS} in the window" in MEASURING
    assert f"at most {gates.MAX_ERROR_RATIO:.1%} of".replace("%", " %") in MEASURING
    assert f"at most {gates.MAX_GENERATOR_RATIO:.0%} of a core".replace("%", " %") in MEASURING
    assert f"at least {gates.MIN_HOST_IDLE_RATIO:.0%} idle".replace("%", " %") in MEASURING
    for count, words in (
        (f"{gates.MAX_WRITES:,}", "at most {} transactions since"),
        (f"{gates.MAX_LAG_MS:g}", "at most {} ms late, 99 times"),
        (f"{gates.MAX_LATE_RATIO:.0%}", "at most {} of the starts"),
        (f"{gates.MAX_DROPPED_RATIO:.1%}", "at most {} of the starts dropped"),
        (f"{gates.MIN_ACHIEVED_RATIO:.0%}", "at least {} of what was due"),
        (f"{gates.MAX_STEAL_RATIO:.0%}", "at most {} stolen"),
        (f"{speed.MAX_DRIFT_RATIO:.0%}", "changed by at most {} from"),
        (f"{gates_counts.MAX_COUNT_RATIO:.1%}", "the load generator, within {}"),
        (f"{gates_counts.MAX_SHARE_RATIO:.0%}", "answered its share, within {}"),
        (f"{gates_counts.MAX_LITTLE_RATIO:.0%}", "think time), within {}"),
        (f"{steady.MAX_SHIFT_RATIO:.0%}", "moves no mean by more than {}"),
        (f"{steady.MIN_SECONDS}", "Below {} s chance"),
    ):
        assert words.format(count.replace("%", " %")) in MEASURING
    for ratio, words in (
        (verdict.SATURATED, "at least {} of its quota"),
        (verdict.THROTTLED, "at least {} of the periods"),
        (verdict.NEAR, "within {} of the first"),
        (verdict_waits.FULL, "at least {} of the web workers"),
        (intervention.CONTROL_RATIO, "within ±{}"),
    ):
        assert words.format(f"{ratio:.0%}".replace("%", " %")) in MEASURING
    assert f"more than {fit.USABLE_RATIO:.0%} of the cores".replace("%", " %") in MEASURING
    assert {lost.MAX_ASLEEP_S, lost.MAX_STALLED_S, lost.MAX_LATE_S} == {1.0}
    assert "each may be at most 1 s" in MEASURING
    assert f"at most {lost.MAX_REPEATS} times" in MEASURING


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "full"])
def test_the_ladders_costs_are_the_planned_ones(stage: str) -> None:
    cost = needs(resolve({"stage": stage}))
    row = re.search(rf"^\| `{stage}` \|.*$", README, re.MULTILINE)
    assert row
    figures = f"| {cost.containers} | {cost.memory_bytes / 2**20:,.0f} MiB | {cost.cpu_cores:.2f} cores |"
    assert row[0].endswith(figures)


def test_the_machines_needs_are_the_doctors() -> None:
    text = " ".join(README.split())
    assert f"Compose {'.'.join(map(str, doctor_software.MIN_COMPOSE))} or newer" in text
    assert f"{doctor_machine.MIN_MEMORY / doctor_machine.GIB:.1f} GiB free for the smallest lab" in text
    assert f"{doctor_machine.GOOD_MEMORY / doctor_machine.GIB:.1f} GiB for the full one" in text
    assert f"**{doctor_machine.IMAGES_DISK / doctor_machine.GIB:.0f} GiB of disk**" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"**Python {project['requires-python'].removeprefix('>=')}**" in text


# -- what is quoted and linked is there ---------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual Markdown viewers make them."""
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(prose(path)):
        if link.startswith(("http://", "https://", "docs/img/")):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{name_of(path)}: {link}"
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(target), f"{name_of(path)}: {link}"


def test_pictures_are_there_once_the_figures_are() -> None:
    assert "<!-- figures:" not in README
    for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert (ROOT / link).is_file()


def bare(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


def quotes() -> Iterator[tuple[str, str, list[str]]]:
    """Yield (page, source, quoted lines) of each block of a tier's page that quotes our configuration."""
    for path in sorted((ROOT / "docs/tiers").glob("*.md")):
        source = ""
        text = path.read_text(encoding="utf-8")
        for said, language, block in re.findall(
            r"(.*?)^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
        ):
            found = re.findall(r"^From (?:\[)?`([^`]+)`", said, re.MULTILINE)
            source = found[-1] if found else source
            if language != "console":
                yield name_of(path), source, [bare(line) for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize(("page", "source", "lines"), list(quotes()))
def test_quoted_lines_are_the_real_ones(page: str, source: str, lines: list[str]) -> None:
    text = (
        render(resolve({})).text if source == "lab compose" else (ROOT / source).read_text(encoding="utf-8")
    )
    real = {bare(line) for line in text.splitlines()}
    assert lines
    assert not [line for line in lines if line not in real], f"{page}: not in {source}"


def test_the_scenario_in_contributing_is_complete() -> None:
    blocks = {language: block for language, block in FENCE.findall(CONTRIBUTING) if language != "console"}
    scenario = parse_scenario("front-page", blocks["toml"], blocks["python"], path="CONTRIBUTING.md")
    decorators = [
        decorator.args[0].value
        for node in ast.walk(ast.parse(blocks["python"]))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Constant)
    ]
    assert sorted(decorators) == sorted(scenario.mix)


def test_records_of_decisions_are_complete_and_numbered() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [path.name[:4] for path in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for title in ("## Context", "## Decision", "## Consequences", "## How we would know"):
            assert title in text, path


def test_documents_that_the_code_names_exist() -> None:
    for path in [*(ROOT / "lab").rglob("*.py"), *(ROOT / "probe").rglob("*.py")]:
        for name in re.findall(r"docs/[\w/.-]+\.md|docs/adr/\d{4}\b", path.read_text(encoding="utf-8")):
            assert list(ROOT.glob(name if name.endswith(".md") else f"{name}-*.md")), f"{path}: {name}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_one_idea_one_word(path: Path) -> None:
    text = prose(path).lower()
    assert not re.findall(r"\b(?:stack|cluster)s?\b", text)
