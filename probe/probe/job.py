"""Read the job document: what to load, for how long, and which tiers to watch. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from probe.fields import FieldReader, is_number

SCHEMA: Final = "probe.job/1"
WATCHABLE: Final = ("balancer", "web", "cache", "db-primary", "db-replica", "store")
MAX_DURATION_S: Final = 24 * 3600.0
MAX_USERS: Final = 10_000
MAX_RATE_RPS: Final = 10_000
MAX_PROCESSES: Final = 4  # of the generator: each gets its part of the container's memory
MIX_TOLERANCE: Final = 1e-6

_JOB_KEYS: Final = frozenset({"schema", "target", "seed", "scenario", "load", "watch", "data", "verify"})
_SCENARIO_KEYS: Final = frozenset({"name", "locustfile", "modules", "settings"})
_SPANS: Final = {"ramp_s", "warmup_s", "duration_s", "think_s"}
_LOAD_KEYS: Final = frozenset({"users", "rate_rps", "processes", *_SPANS})
_DATA_KEYS: Final = frozenset({"users", "photos"})


class BadJobError(Exception):
    """A job document that cannot be run; ``problems`` lists everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The two files of a scenario, as text and as the settings read from its TOML."""

    name: str
    locustfile: str
    modules: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any]

    @property
    def mix(self) -> dict[str, float]:
        """Return the declared share of each action; the shares sum to 1."""
        return {name: float(share) for name, share in self.settings["mix"].items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A closed load: ``users`` users in a loop of act and think. With ``rate_rps`` an open one: so many actions start
    each second, and ``users`` is the most that may be under way. ``processes`` of the generator make it together.
    """

    users: int
    rate_rps: float
    ramp_s: float
    warmup_s: float
    duration_s: float
    think_s: float
    processes: int

    @property
    def planned_s(self) -> float:
        """Return the seconds from the first user to the end of the window."""
        return self.ramp_s + self.warmup_s + self.duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One validated job. ``scenario`` is None when the tiers are only watched."""

    target: str
    seed: int
    scenario: Scenario | None
    load: Load
    watch: Mapping[str, tuple[str, ...]]
    data_users: int
    data_photos: int
    verify: bool


def parse_job(text: str) -> Job:
    """Return the job in ``text``.

    Raises: BadJobError naming every problem, not only the first.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BadJobError([f"the job is not JSON: {error}"]) from error
    if not isinstance(document, dict):
        raise BadJobError([f"the job must be a JSON object, got {type(document).__name__}"])
    reader = FieldReader()
    job = _job(document, reader)
    if reader.problems or job is None:
        raise BadJobError(reader.problems)
    return job


def _job(document: Mapping[str, Any], reader: FieldReader) -> Job | None:
    reader.known_keys(document, "job", _JOB_KEYS)
    schema = document.get("schema")
    reader.check(ok=schema == SCHEMA, problem=f"schema: must be {SCHEMA!r}, got {schema!r}")
    scenario = _scenario(document, reader)
    data = reader.table(document, "data")
    reader.known_keys(data, "data", _DATA_KEYS)
    verify = document.get("verify", True)
    reader.check(ok=isinstance(verify, bool), problem=f"verify: must be true or false, got {verify!r}")
    target = _target(document, reader)
    load = _load(document, scenario, reader)
    watch = _watch(document, reader)
    seed = reader.integer(document, "seed", 1, 0, 2**63)
    default_count = 1 if scenario is None else None  # whoever only watches needs no data
    data_users = reader.integer(data, "data.users", default_count, 1, 10**9)
    data_photos = reader.integer(data, "data.photos", default_count, 1, 10**9)
    if reader.problems:
        return None
    return Job(
        target=target,
        seed=seed,
        scenario=scenario,
        load=load,
        watch=watch,
        data_users=data_users,
        data_photos=data_photos,
        verify=verify,
    )


def _target(document: Mapping[str, Any], reader: FieldReader) -> str:
    target = document.get("target")
    if target is None and document.get("scenario") is None:
        return ""
    ok = isinstance(target, str) and target.startswith("http://") and len(target) > len("http://")
    reader.check(ok=ok, problem=f"target: must be an address like http://balancer, got {target!r}")
    return str(target).rstrip("/")


def _scenario(document: Mapping[str, Any], reader: FieldReader) -> Scenario | None:
    if document.get("scenario") is None:
        return None
    table = reader.table(document, "scenario")
    reader.known_keys(table, "scenario", _SCENARIO_KEYS)
    for key in ("name", "locustfile"):
        ok = isinstance(table.get(key), str) and bool(table[key].strip())
        reader.check(ok=ok, problem=f"scenario.{key}: must be a text that is not empty")
    modules = reader.table(table, "scenario.modules")
    for name, text in modules.items():
        ok = name.endswith(".py") and name[:-3].isidentifier() and isinstance(text, str)
        reader.check(ok=ok, problem=f"scenario.modules: {name!r} must be NAME.py with a Python text")
    settings = reader.table(table, "scenario.settings")
    reader.problems.extend(mix_problems(settings.get("mix")))
    return Scenario(
        name=str(table.get("name")),
        locustfile=str(table.get("locustfile")),
        modules=modules,
        settings=settings,
    )


def mix_problems(mix: object) -> list[str]:
    """Return what is wrong with a scenario's mix of actions, nothing if it is usable."""
    where = "scenario.settings.mix"
    if not isinstance(mix, dict) or not mix:
        return [f"{where}: must be a table like feed = 0.5, photo = 0.5, got {mix!r}"]
    bad = [
        f"{where}.{name}: must be a share of 0..1, got {share!r}"
        for name, share in mix.items()
        if not is_number(share) or not 0 <= share <= 1
    ]
    if not bad and abs(sum(mix.values()) - 1) > MIX_TOLERANCE:
        bad.append(f"{where}: the shares must sum to 1, got {sum(mix.values()):g}")
    return bad


def _load(document: Mapping[str, Any], scenario: Scenario | None, reader: FieldReader) -> Load:
    table = reader.table(document, "load")
    reader.known_keys(table, "load", _LOAD_KEYS)
    default_users, least_users = (0, 0) if scenario is None else (None, 1)
    settings = scenario.settings if scenario else {}
    think = table if table.get("think_s") is not None else {"think_s": settings.get("think_s", 0)}
    return Load(
        users=reader.integer(table, "load.users", default_users, least_users, MAX_USERS),
        rate_rps=reader.number(table, "load.rate_rps", 0, 0, MAX_RATE_RPS),
        ramp_s=reader.number(table, "load.ramp_s", 0, 0, MAX_DURATION_S),
        warmup_s=reader.number(table, "load.warmup_s", 0, 0, MAX_DURATION_S),
        duration_s=reader.number(table, "load.duration_s", None, 0.1, MAX_DURATION_S),
        think_s=reader.number(think, "load.think_s", 0, 0, 3600),
        processes=reader.integer(table, "load.processes", 1, 1, MAX_PROCESSES),
    )


def _watch(document: Mapping[str, Any], reader: FieldReader) -> dict[str, tuple[str, ...]]:
    watch = reader.table(document, "watch")
    allowed = ", ".join(WATCHABLE)
    for tier, targets in watch.items():
        reader.check(ok=tier in WATCHABLE, problem=f"watch: unknown tier {tier!r} (allowed: {allowed})")
        ok = isinstance(targets, list) and all(isinstance(target, str) and target for target in targets)
        reader.check(ok=ok, problem=f"watch.{tier}: must be a list of host names, got {targets!r}")
    return {tier: tuple(targets) for tier, targets in watch.items() if isinstance(targets, list)}
