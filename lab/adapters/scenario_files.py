"""Scenario folders: the learner's own `scenarios/` first, then the ones that come with the lab."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from lab import assets
from lab.errors import BadInput, did_you_mean
from lab.model.scenario import Scenario, parse_scenario

MAX_BYTES: Final = 200_000


class ScenarioFiles:
    """Implements `lab.ports.Scenarios`."""

    def __init__(self, own: Path | None = None) -> None:
        """Look in `own` (default: `scenarios/` of the working directory) before the lab's folder."""
        self._folders = [own or Path.cwd() / "scenarios", assets.root() / "scenarios"]

    def names(self) -> list[str]:
        """Return the names of all scenarios, sorted."""
        found = {path.stem for folder in self._folders if folder.is_dir() for path in folder.glob("*.toml")}
        return sorted(found)

    def load(self, reference: str) -> Scenario:
        """Return a scenario by name, or by the path of one of its two files.

        Raises:
            BadInput: unknown name, a missing half, or a file that cannot be used.
        """
        path = Path(reference)
        if path.suffix in {".toml", ".py"} and ("/" in reference or path.exists()):
            return _read(path.with_suffix(".toml"))
        for folder in self._folders:
            candidate = folder / f"{reference}.toml"
            if candidate.is_file():
                return _read(candidate)
        raise BadInput(
            f"SCENARIO: unknown scenario {reference!r}{did_you_mean(reference, self.names())}",
            hint=f"known scenarios: {', '.join(self.names())}; or a path to a .toml",
        )


def _read(toml: Path) -> Scenario:
    texts = []
    for path in (toml, toml.with_suffix(".py")):
        try:
            if path.exists() and not path.is_file():
                raise BadInput(f"{path}: is not a file")
            if path.stat().st_size > MAX_BYTES:
                raise BadInput(
                    f"{path}: {path.stat().st_size:,} bytes; a scenario file has at most {MAX_BYTES:,}"
                )
            texts.append(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BadInput(
                f"{path}: no such file; a scenario is NAME.py and NAME.toml side by side"
            ) from None
        except UnicodeDecodeError:
            raise BadInput(f"{path}: not a UTF-8 text file") from None
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}") from None
    scenario = parse_scenario(toml.stem, texts[0], texts[1], path=str(toml))
    return replace(scenario, folder=str(toml.parent))
