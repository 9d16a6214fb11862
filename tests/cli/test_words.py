"""Any command line of words that the lab knows, and any TOML: never a traceback, never exit code 1."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.cli.commands import COMMANDS
from lab.cli.main import guarded
from lab.cli.options import _TEXTS
from lab.cli.state import GLOBALS
from lab.errors import BadInput
from lab.model.scenario import parse_scenario
from lab.model.topology_file import parse_topology
from lab.model.topology_values import CHOICES

# Not `doctor` and `open`: they look at this machine, and would start a browser. Nothing here has an engine.
_COMMANDS = sorted({c.name for c in COMMANDS} - {"doctor", "open", "demo"})
_FLAGS = [
    *("--" + key.replace("_", "-") for key in _TEXTS), "--topology", "--users", "-u", "--duration", "--repeat", "--blocks",
    "--save-as", "--seed", "--yes", "--volumes", "-v", "--all", "--tail", "--since", "--out", "--lab", "--json", "--quiet",
    "--help", "--", "-d", "-",
]  # fmt: skip
_VALUES = [
    *(value for values in CHOICES.values() for value in values), "0", "1", "2", "9", "33", "-1", "1e9", "nan", "1..4", "4..1",
    "1,2", "1..64:8", "single..full", "", " ", "None", "read-heavy", "web", "web=2", "web=2=3", "=", "last", "x.toml", "y.html",
    ".", "/", "\0", "é", "10.77.0.0/22", "10.77.0.0/33", "60s", "1h", "999999999999999999999", "build", "list", "save", "load",
]  # fmt: skip
_WORD = st.one_of(st.sampled_from(_FLAGS), st.sampled_from(_VALUES), st.text(max_size=6))
_LINE = st.tuples(st.sampled_from(_COMMANDS), st.lists(_WORD, max_size=6)).map(
    lambda pair: [pair[0], *pair[1]]
)


@pytest.fixture(scope="module", autouse=True)
def _nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("words")
    before, environment = Path.cwd(), dict(os.environ)
    (folder / "x.toml").write_text("replicas = 3\n")
    (folder / "bin").mkdir()  # no docker command either: what asks the engine ends at once
    os.environ |= {
        "DOCKER_HOST": "unix:///nowhere.sock", "PATH": str(folder / "bin"), "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "80",
    }  # fmt: skip
    for name in ("LAB_NAME", "LAB_DIR", "DOCKER_CONTEXT"):
        os.environ.pop(name, None)
    os.chdir(folder)
    yield
    os.chdir(before)
    os.environ.clear()
    os.environ.update(environment)


def ends(words: list[str]) -> tuple[int, str, str]:
    """Run one command line as a process would; return exit code, standard output and standard error."""
    GLOBALS.lab, GLOBALS.as_json, GLOBALS.is_quiet, GLOBALS.is_debug = "lab", False, False, False
    GLOBALS.has_document = False
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = guarded(words)
    GLOBALS.as_json = GLOBALS.is_quiet = GLOBALS.is_debug = False
    return code, out.getvalue(), err.getvalue()


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_LINE)
def test_any_words_of_the_vocabulary_end_well(words: list[str]) -> None:
    code, _, err = ends(words)
    assert code in {0, 2, 3, 4}, f"{words}: {code}: {err}"
    assert "Traceback" not in err
    assert "bug in lab" not in err
    assert not Path(".lab/last-error.log").exists()
    if code:
        assert err.startswith("error: ") or "\nerror: " in err


@settings(max_examples=60)
@given(st.lists(_WORD, max_size=4))
def test_any_words_without_a_command_end_well(words: list[str]) -> None:
    code, _, err = ends(words)
    assert code in {0, 2, 3, 4}, f"{words}: {code}: {err}"
    assert "bug in lab" not in err


# -- scenario and topology files --------------------------------------------------------------------------------------

_GOOD = 'title="T"\nhypothesis="H"\nusers=1\nthink_s=0\nwarmup_s=1\nduration_s=1\ndata="reads"\nsweep="--replicas 1,2"\n[mix]\na=1\n'
_KEYS = [
    "title",
    "hypothesis",
    "users",
    "think_s",
    "warmup_s",
    "duration_s",
    "data",
    "sweep",
    "needs",
    "zipf_s",
    "verify",
    "mix",
    "usrs",
]
_TOML = st.one_of(
    st.sampled_from(
        ['""', '"x"', "0", "-1", "1", "1e300", "nan", "inf", "true", "[]", "[1]", '["s3"]', "{}", "{a = 1}", "{a = nan}", "{a = true}",
         "{a.b = 1}", "1979-05-27", "07:32:00", "99999999999999999999", "'''x\ny'''"]
    ),
    st.integers().map(str),
)  # fmt: skip


@given(st.text())
def test_any_text_is_a_scenario_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        parse_scenario("any", text, "", path="any.toml")


@given(st.dictionaries(st.sampled_from(_KEYS), _TOML, max_size=6))
def test_any_values_are_a_scenario_or_refused(changes: dict[str, str]) -> None:
    lines = [line for line in _GOOD.splitlines() if line.partition("=")[0] not in {*changes, "a", "[mix]"}]
    lines += [f"{key} = {value}" for key, value in changes.items()]
    lines += [] if "mix" in changes else ["[mix]", "a=1"]
    try:
        scenario = parse_scenario("any", "\n".join(lines), "", path="any.toml")
    except BadInput as error:
        assert "any.toml" in error.message
    else:
        assert scenario.users >= 1
        assert 0 <= scenario.think_s <= 600
        assert abs(sum(scenario.mix.values()) - 1) < 1e-3


@given(
    st.dictionaries(
        st.sampled_from([*_TEXTS, "replcas"]).map(lambda key: key.replace("_", "-")), _TOML, max_size=5
    )
)
def test_any_values_are_a_topology_or_refused(options: dict[str, str]) -> None:
    path = Path("any.toml")
    path.write_text("\n".join(f"{key} = {value}" for key, value in options.items()), encoding="utf-8")
    code, _, err = ends(["compose", "--topology", str(path)])
    assert code in {0, 2}, f"{options}: {err}"
    assert code == 0 or "any.toml" in err or "--" in err


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "a = " + "[" * 5000, "a" * 90_000, "a = {" * 2000, "\0", "\ufeff", "a.b.c.d = 1\n" * 2],
)
def test_toml_that_is_made_to_break_readers(text: str) -> None:
    for read in (
        lambda: parse_topology(text, name="x.toml"),
        lambda: parse_scenario("any", text, "", path="x.toml"),
    ):
        try:
            read()
        except BadInput as error:
            assert "x.toml" in error.message
