"""Everything that two results differ in, one entry each: what a fair comparison has to know first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.model.run import Point, Run

NOTHING: Final = "not recorded"
GROUPS: Final = ("topology", "images", "data", "scenario", "load", "machine", "lab")
_MACHINE: Final = (
    "cpu_model", "cores", "memory_bytes", "os", "kernel", "architecture", "cgroup_version", "engine_version", "power",
)  # fmt: skip
_LAB: Final = ("lab_version", "git_revision", "locust_version")
_SCENARIO: Final = ("name", "mix", "sha256")
# These name a topology or say where it is reached; they change nothing that is measured.
_NAMES_ONLY: Final = frozenset({"stage", "subnet", "port"})
_DATA_IMAGE: Final = "db"  # the data set is baked into it
_LOADS: Final = frozenset({"users", "rate"})
_COUNT_LOAD_ONCE: Final = frozenset({"users", "rate_rps"})

Pair = tuple[Point, Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same.

    Attributes:
        group: one of `GROUPS`.
        name: `--replicas`, `web`, `users`, `kernel`.
        is_factor: it may be a cause; a seed, or the name of a stage whose options are listed anyway, is none.
    """

    group: str
    name: str
    a: str
    b: str
    is_factor: bool = True

    @property
    def words(self) -> str:
        """Return `replicas 2 → 4`."""
        name = self.name.removeprefix("--")
        shown = name if self.group in {"topology", "load"} else f"{self.group} {name}"
        return f"{shown} {self.a} → {self.b}"


def differences(a: Run, b: Run, pairs: Sequence[Pair]) -> list[Difference]:
    """Return what differs between the compared points of two runs (or of one), in the order of `GROUPS`."""
    return [
        *_topology(pairs),
        *_images(a, b),
        *_data(a, b),
        *_mapping("scenario", a.scenario, b.scenario, _SCENARIO),
        *_load(a, b, pairs),
        *_mapping("machine", a.environment, b.environment, _MACHINE),
        *_mapping("lab", a.environment, b.environment, _LAB),
        *_procedure(a, b),
    ]


def same_groups(a: Run, b: Run, found: Sequence[Difference]) -> list[str]:
    """Return the groups in which nothing differs; of the data set only if that is known."""
    differing = {difference.group for difference in found}
    return [group for group in GROUPS if group not in differing and (group != "data" or is_data_known(a, b))]


def is_same_machine(a: Run, b: Run) -> bool:
    """Say whether two runs were measured on one machine, by what is recorded of it."""
    keys = ("cpu_model", "cores", "memory_bytes", "kernel")
    return all(a.environment.get(key) == b.environment.get(key) for key in keys)


def is_data_known(a: Run, b: Run) -> bool:
    """Say whether it is recorded which data both had: by name, or because the same database image carries them."""
    mine, theirs = _by_name(a).get(_DATA_IMAGE), _by_name(b).get(_DATA_IMAGE)
    return bool(_data_keys(a, b)) or (mine is not None and mine == theirs)


def options(point: Point) -> dict[str, Any]:
    """Return a point's topology spelled like the flags, and whatever else its setting changed but the load."""
    merged = {str(key).replace("_", "-"): value for key, value in point.topology.items()}
    changed = {str(key).replace("_", "-"): value for key, value in point.setting.items() if key not in _LOADS}
    return merged | changed


def shown(value: object) -> str:
    """Return a value as it is printed: an absent one by name, digests short."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    digest = text.rpartition("sha256:")[2]
    is_hex = len(digest) >= 40 and all(char in "0123456789abcdef" for char in digest)
    return digest[:12] if is_hex else text


def _one(
    group: str, name: str, values: Sequence[tuple[object, object]], *, is_factor: bool = True
) -> Iterator[Difference]:
    differing = [(mine, theirs) for mine, theirs in values if mine != theirs]
    if differing:
        a, b = (", ".join(dict.fromkeys(shown(pair[side]) for pair in differing)) for side in (0, 1))
        yield Difference(group=group, name=name, a=a, b=b, is_factor=is_factor)


def _topology(pairs: Sequence[Pair]) -> list[Difference]:
    both = [(options(mine), options(theirs)) for mine, theirs in pairs]
    names = list(dict.fromkeys(name for pair in both for side in pair for name in side))
    found: list[Difference] = []
    for name in names:
        values = [(mine.get(name), theirs.get(name)) for mine, theirs in both]
        found += _one("topology", f"--{name}", values, is_factor=name not in _NAMES_ONLY)
    return found


def _by_name(run: Run) -> dict[str, object]:
    images = run.environment.get("images")
    found = images if isinstance(images, Mapping) else {}
    return {str(key).rpartition("/")[2].partition(":")[0]: value for key, value in found.items()}


def _images(a: Run, b: Run) -> list[Difference]:
    """Compare the images that both have: one that only one of them needs follows from its topology."""
    mine, theirs = _by_name(a), _by_name(b)
    return [d for name in mine if name in theirs for d in _one("images", name, [(mine[name], theirs[name])])]


def _data_keys(a: Run, b: Run) -> list[str]:
    keys = [str(key) for run in (a, b) for key in run.environment]
    return list(dict.fromkeys(key for key in keys if key.startswith("data")))


def _data(a: Run, b: Run) -> list[Difference]:
    return _mapping("data", a.environment, b.environment, _data_keys(a, b))


def _mapping(group: str, a: Mapping[str, Any], b: Mapping[str, Any], keys: Sequence[str]) -> list[Difference]:
    """Compare keys of two mappings; the hash of a scenario's files also covers its mix, so one of them is the factor."""
    found = [d for key in keys for d in _one(group, key.replace("_", " "), [(a.get(key), b.get(key))])]
    if group not in {"scenario", "lab"}:
        return found
    first = found[:1]  # a scenario's name, mix and hash, a lab's version and revision, change together
    return [*first, *(_not_counted(d) for d in found[1:])]


def _not_counted(difference: Difference) -> Difference:
    return Difference(group=difference.group, name=difference.name, a=difference.a, b=difference.b, is_factor=False)  # fmt: skip


def _load(a: Run, b: Run, pairs: Sequence[Pair]) -> list[Difference]:
    names = dict.fromkeys([*a.load, *b.load])
    found: list[Difference] = []
    for name in names:
        values = [(_loaded(a, mine, name), _loaded(b, theirs, name)) for mine, theirs in pairs]
        found += _one("load", str(name).replace("_", " "), values)
    models = [d for d in found if d.name == "model"]
    if models:  # users of the one and the rate of the other are the same change
        return [_not_counted(d) if d.name.replace(" ", "_") in _COUNT_LOAD_ONCE else d for d in found]
    return found


def _loaded(run: Run, point: Point, name: str) -> object:
    return point.setting.get(name, run.load.get(name))


def _procedure(a: Run, b: Run) -> list[Difference]:
    values = (("seed", a.seed, b.seed), ("blocks", a.blocks, b.blocks))
    return [d for name, mine, theirs in values for d in _one("procedure", name, [(mine, theirs)], is_factor=False)]  # fmt: skip
