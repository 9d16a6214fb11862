"""The composition root: the only importer of adapters."""

from __future__ import annotations

from lab.adapters.build import DockerImages
from lab.adapters.compose import DockerComposeFactory
from lab.adapters.engine import DockerEngine
from lab.adapters.images_store import DockerImagesFile
from lab.adapters.machine import LocalMachine
from lab.adapters.own_app import build_own_app
from lab.adapters.probe import DockerProbe
from lab.adapters.results import ResultsFolder
from lab.adapters.scenario_files import ScenarioFiles
from lab.adapters.system import SystemClock
from lab.cli.console import TerminalReporter
from lab.cli.state import GLOBALS
from lab.workflows.context import Context

__all__ = ["build_own_app", "context", "images_file"]


def context(lab: str | None = None) -> Context:
    """Return the context of this invocation, for its `--lab` or for another lab."""
    return Context(
        lab=lab or GLOBALS.lab,
        engine=DockerEngine(),
        compose=DockerComposeFactory(),
        probe=DockerProbe(),
        results=ResultsFolder(),
        scenarios=ScenarioFiles(),
        images=DockerImages(),
        machine=LocalMachine(),
        clock=SystemClock(),
        reporter=TerminalReporter(),
    )


def images_file() -> DockerImagesFile:
    """Return what `lab images save` and `load` work with."""
    return DockerImagesFile()
