"""Turn a scenario's text into the class of its users, and check that it fits its mix."""

import types
from collections.abc import Callable
from typing import Any, Final

import gevent

import labload
from probe import textmodules
from probe.job import Job, Scenario

PAUSE_BEFORE_NEXT_START_S: Final = 1.0


class ScenarioError(Exception):
    """A scenario that cannot be run; carries where the fault is."""

    def __init__(self, where: textmodules.Blame) -> None:
        super().__init__(where.message)
        self.where = where


def files(scenario: Scenario) -> set[str]:
    """Return the names under which the scenario's texts appear in tracebacks."""
    return {f"{scenario.name}.py", *scenario.modules}


def user_class(job: Job, scenario: Scenario) -> type[labload.LabUser]:
    """Return the one class of users that the scenario defines.

    Raises: ScenarioError when the text fails, defines no such class or several, or does not fit the mix.
    """
    try:
        module = textmodules.load(scenario.name, scenario.locustfile, scenario.modules)
    except (Exception, SystemExit) as error:
        raise ScenarioError(textmodules.blame(error, files(scenario))) from error
    found = own_classes(module)
    if len(found) != 1:
        raise _misfit(scenario, f"must define exactly one class derived from LabUser, found {len(found)}")
    _check_mix(scenario, found[0])
    return _ready(job, found[0])


def own_classes(module: types.ModuleType) -> list[type[labload.LabUser]]:
    """Return the LabUser classes that are defined in the scenario and have actions."""
    classes = [member for member in vars(module).values() if isinstance(member, type)]
    return [member for member in classes if issubclass(member, labload.LabUser) and member.actions]


def _check_mix(scenario: Scenario, cls: type[labload.LabUser]) -> None:
    missing = sorted(set(scenario.mix) - set(cls.actions))
    unused = sorted(set(cls.actions) - set(scenario.mix))
    if missing:
        raise _misfit(
            scenario, f"the mix names actions that {cls.__name__} does not have: {', '.join(missing)}"
        )
    if unused:
        raise _misfit(scenario, f"{cls.__name__} has actions without a share in the mix: {', '.join(unused)}")


def _misfit(scenario: Scenario, message: str) -> ScenarioError:
    where = textmodules.Blame(message=f"{scenario.name}: {message}", file=f"{scenario.name}.py", line=0)
    return ScenarioError(where)


def _ready(job: Job, cls: type[labload.LabUser]) -> type[labload.LabUser]:
    """Return the class as Locust shall run it: with the target, and patient when its start fails."""
    start: Any = cls.on_start

    def on_start(self: labload.LabUser) -> None:
        _start_patiently(self, lambda: start(self))

    return type(cls.__name__, (cls,), {"host": job.target, "abstract": False, "on_start": on_start})


def _start_patiently(user: labload.LabUser, start: Callable[[], None]) -> None:
    """Try until the requests of ``start`` succeed, as a person would try again to log in."""
    while not user.workload.stopping:
        try:
            return start()
        except labload.ActionFailedError:
            gevent.sleep(PAUSE_BEFORE_NEXT_START_S)
    raise gevent.GreenletExit
