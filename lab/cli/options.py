"""Options that several commands share, each declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from lab.errors import BadInput
from lab.model.topology import Topology, resolve
from lab.model.topology_file import MAX_BYTES, PLACEMENT_KEYS, parse_topology, sources, typed
from lab.model.topology_values import CHOICES, MAX_CACHE_NODES, MAX_DB_REPLICAS, MAX_REPLICAS

_PANEL: Final = "Topology"
MAX_USERS: Final = 10_000


def _choice(key: str) -> str:
    return "|".join(CHOICES[key])


_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "stage": (_choice("stage"), "Preset that the other options override; default full."),
    "replicas": ("N", f"Web replicas, 1 to {MAX_REPLICAS}."),
    "balance": (_choice("balance"), "How HAProxy picks a replica; none: one replica and no HAProxy."),
    "sessions": (_choice("sessions"), "Where sessions live; sticky pins a client to a replica."),
    "cache": (_choice("cache"), "Cache in front of the database."),
    "cache_nodes": ("K", f"memcached nodes, 0 to {MAX_CACHE_NODES}."),
    "stampede_lock": (_choice("stampede_lock"), "One request recomputes an expired entry."),
    "store": (_choice("store"), "Where uploads live: MinIO, or the replica's own disk."),
    "db_replicas": ("M", f"MySQL read replicas, 0 to {MAX_DB_REPLICAS}."),
    "read_your_writes": (
        _choice("read_your_writes"),
        "A writer reads from a replica only once it caught up.",
    ),
    "durability": (_choice("durability"), "semisync: a write waits until a replica has it."),
    "web_cpu": ("CORES", "CPU share of each web replica; default 0.1."),
    "db_cpu": ("CORES", "CPU share of the primary; default 0.3."),
    "db_replica_cpu": ("CORES", "CPU share of each read replica; default 0.15."),
    "port": ("PORT", "Published port on 127.0.0.1; default the first free from 8080."),
    "subnet": ("RANGE", "IPv4 range for the lab's networks, like 10.77.0.0/22; default: the engine chooses."),
    "app": ("PATH", "Folder of your own PHP app to run in place of ours."),
}
_FILE_HELP: Final = "TOML file with these options, spelled like the flags: replicas = 3."


def _parameter(key: str) -> inspect.Parameter:
    metavar, text = _TEXTS[key]
    option = typer.Option("--" + key.replace("_", "-"), metavar=metavar, help=text, rich_help_panel=_PANEL)
    return inspect.Parameter(
        key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
    )


def with_topology_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every topology option; it receives what was given as `given`, words by key."""
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    own = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints.get(p.name))
        for p in signature.parameters.values()
        if p.name != "given"
    ]
    file_option = typer.Option("--topology", metavar="FILE", help=_FILE_HELP, rich_help_panel=_PANEL)
    extra = [_parameter(key) for key in _TEXTS]
    extra.append(
        inspect.Parameter(
            "topology_file",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Path | None, file_option],
        )
    )

    @functools.wraps(command)
    def wrapper(**values: Any) -> None:  # noqa: ANN401 - what Typer hands over depends on the command
        names = [parameter.name for parameter in extra]
        given = {name: value for name in names if (value := values.pop(name, None)) is not None}
        command(given=given, **values)

    parameters = [*own, *extra]
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper


def whole(flag: str, word: str, low: int, high: int) -> int:
    """Return a word as a whole number in a range.

    Raises:
        BadInput: naming the flag, the value and what is allowed.
    """
    try:
        value = int(word)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise BadInput(f"{flag}: must be a whole number from {low} to {high}; got {word!r}")
    return value


def read_text_file(path: Path, flag: str, *, max_bytes: int = MAX_BYTES) -> str:
    """Return a small UTF-8 text file that the user named.

    Raises:
        BadInput: it is not there, not readable, too big, or not text.
    """
    try:
        if path.is_dir():
            raise BadInput(f"{flag}: {path}: is a folder, not a file")
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)  # not its size: a pipe (`<(...)`) and /dev/zero have none
        if len(content) > max_bytes:
            raise BadInput(f"{flag}: {path}: at most {max_bytes:,} bytes are read")
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise BadInput(f"{flag}: {path}: not a UTF-8 text file") from None
    except FileNotFoundError:
        raise BadInput(f"{flag}: {path}: no such file") from None
    except OSError as error:
        raise BadInput(f"{flag}: {path}: {error.strerror}") from None


def given_options(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Merge a topology file with the flags beside it, which win; return (options by key, source by key)."""
    words = {key: value for key, value in given.items() if key != "topology_file"}
    options: dict[str, Any] = {}
    where: dict[str, str] = {}
    path = given.get("topology_file")
    if path is not None:
        options = parse_topology(read_text_file(path, "--topology"), name=str(path))
        where = sources(options, str(path))
    for key, word in words.items():
        options[key] = typed(key, word)
        where.pop(key, None)
    return options, where


def topology_from(given: Mapping[str, Any]) -> tuple[Topology, dict[str, Any]]:
    """Return the resolved topology and the placement options (`port`, `app`).

    Raises:
        BadInput: with every problem at once.
    """
    options, where = given_options(given)
    placement: dict[str, Any] = {key: options.pop(key) for key in PLACEMENT_KEYS if key in options}
    port = placement.get("port")
    if port is not None and (not isinstance(port, int) or not 1 <= port <= 65535):
        raise BadInput(f"{where.get('port', '--port')}: must be a port from 1 to 65535; got {port!r}")
    return resolve(options, source=where), placement
