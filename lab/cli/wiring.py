"""The composition root: the only importer of adapters, each when a workflow first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Final

from lab.cli.state import GLOBALS
from lab.workflows.context import Context

if TYPE_CHECKING:
    from lab.adapters.images_store import DockerImagesFile
    from lab.ports import (
        Clock,
        ComposeFactory,
        Engine,
        Journals,
        Locks,
        Probe,
        Reporter,
        Results,
        Scenarios,
        Surroundings,
    )
    from lab.workflows.doctor import MachineControl
    from lab.workflows.generators import Generators
    from lab.workflows.images import ImageStore


def _engine(_ctx: Context) -> Engine:
    from lab.adapters.engine_socket import engine_at_hand

    return engine_at_hand()


def _compose(_ctx: Context) -> ComposeFactory:
    from lab.adapters.compose import DockerComposeFactory

    return DockerComposeFactory()


def _probe(_ctx: Context) -> Probe:
    from lab.adapters.probe import DockerProbe

    return DockerProbe()


def _results(_ctx: Context) -> Results:
    from lab.adapters.results import ResultsFolder

    return ResultsFolder()


def _journals(_ctx: Context) -> Journals:
    from lab.adapters.journals import JournalsFolder

    return JournalsFolder()


def _scenarios(_ctx: Context) -> Scenarios:
    from lab.adapters.scenario_files import ScenarioFiles

    return ScenarioFiles()


def _images(_ctx: Context) -> ImageStore:
    from lab.adapters.build import DockerImages

    return DockerImages()


def _machine(_ctx: Context) -> MachineControl:
    from lab.adapters.machine import LocalMachine

    return LocalMachine()


def _surroundings(ctx: Context) -> Surroundings:
    from lab.adapters.room import EngineSurroundings

    return EngineSurroundings(ctx.engine)


def _clock(_ctx: Context) -> Clock:
    from lab.adapters.system import SystemClock

    return SystemClock()


def _locks(_ctx: Context) -> Locks:
    from lab.adapters.lock import FileLocks

    return FileLocks()


def _reporter(_ctx: Context) -> Reporter:
    from lab.cli.console import TerminalReporter

    return TerminalReporter()


def _generators(_ctx: Context) -> Generators:
    from lab.workflows.generators import Generators

    return Generators()


_ADAPTERS: Final[Mapping[str, Callable[[Context], object]]] = {
    "engine": _engine,
    "compose": _compose,
    "probe": _probe,
    "results": _results,
    "journals": _journals,
    "scenarios": _scenarios,
    "images": _images,
    "machine": _machine,
    "surroundings": _surroundings,
    "clock": _clock,
    "locks": _locks,
    "reporter": _reporter,
    "generators": _generators,
}


class _Wired(Context):
    """A context that makes an adapter when it is first asked for: a command imports only what it uses."""

    __slots__ = ()

    def __init__(self, lab: str) -> None:
        object.__setattr__(self, "lab", lab)

    def __getattr__(self, name: str) -> object:
        if name not in _ADAPTERS:
            raise AttributeError(name)
        adapter = _ADAPTERS[name](self)
        object.__setattr__(self, name, adapter)
        return adapter


def context(lab: str | None = None) -> Context:
    """Return the context of this invocation, for its `--lab` or for another lab."""
    return _Wired(lab or GLOBALS.lab)


def images_file() -> DockerImagesFile:
    """Return what `lab images save` and `load` work with."""
    from lab.adapters.images_store import DockerImagesFile

    return DockerImagesFile()


def build_own_app(path: str) -> str:
    """Build the image of a learner's own app and return its reference."""
    from lab.adapters.own_app import build_own_app as build

    return build(path)


def export_folder() -> ModuleType:
    """Return what `lab export` writes with."""
    from lab.adapters import export_folder as folder

    return folder
