"""Run a scenario's text as Python modules, so that its errors still name file and line. Pure but for sys.modules."""

import linecache
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any


class TextModules(MetaPathFinder, Loader):
    """Finds the modules that came as text with the job; ``import NAME`` in a scenario then works as from a folder."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name.removesuffix(".py"): text for name, text in texts.items()}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ANN401, ARG002
        """Return how to load ``fullname``, or None when it did not come with the job."""
        return ModuleSpec(fullname, self, origin=f"{fullname}.py") if fullname in self._texts else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make an ordinary module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the module's text."""
        _run(self._texts[module.__name__], f"{module.__name__}.py", module)


def load(name: str, text: str, modules: Mapping[str, str]) -> types.ModuleType:
    """Return the scenario as a module, run once.

    Raises: whatever the scenario raises while it is imported, a SyntaxError included.
    """
    sys.meta_path.append(TextModules(modules))
    module = types.ModuleType("scenario_" + name.replace("-", "_"))
    sys.modules[module.__name__] = module
    _run(text, f"{name}.py", module)
    return module


def _run(text: str, filename: str, module: types.ModuleType) -> None:
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module.__file__ = filename
    exec(compile(text, filename, "exec"), module.__dict__)  # noqa: S102 - running the user's scenario is the purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """Where in the scenario something went wrong."""

    message: str
    file: str
    line: int


def blame(error: BaseException, files: set[str]) -> Blame:
    """Return the innermost line of one of the scenario's ``files`` that ``error`` passed through.

    An error outside them is blamed on the innermost line there is. An error may bring its own ``frames``.
    """
    message = str(error) if hasattr(error, "frames") else f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename in files:
        return Blame(message=message, file=str(error.filename), line=error.lineno or 0)
    frames = getattr(error, "frames", None) or _frames(error)
    own = [frame for frame in frames if frame[0] in files] or frames or [("", 0)]
    return Blame(message=message, file=own[-1][0], line=own[-1][1])


def _frames(error: BaseException) -> list[tuple[str, int]]:
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return frames
