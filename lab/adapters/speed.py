"""How fast the engine's machine is: the unit of PHP work in our own image, measured once and kept in the cache folder."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lab.adapters.cache_folder import cache_folder
from lab.adapters.process import run
from lab.errors import LabError
from lab.model.images import IMAGES
from lab.model.speed import Reference
from lab.ports import Engine
from lab.tiers.web import WORK_UNITS

SCHEMA: Final = "lab.speed/1"
_LIMIT_S: Final = 30
# The median of two seconds of units, after a short warm-up; php.ini of the command line knows no opcache.
_PHP: Final = (
    'require "/srv/app/src/Work.php"; use App\\Work; $units = (int) $argv[1];'
    " for ($i = 0; $i < 20; $i++) { Work::run($units); }"
    " $all = []; $end = microtime(true) + 2; while (microtime(true) < $end) { $all[] = Work::run($units); }"
    ' sort($all); preg_match("/model name\\s*:\\s*(.+)/", file_get_contents("/proc/cpuinfo"), $cpu);'
    ' echo json_encode(["work_ms" => $all[intdiv(count($all), 2)], "cpu_model" => $cpu[1] ?? "?"]);'
)


def reference(engine: Engine, *, fresh: bool) -> Reference | None:
    """Return the machine's speed from the cache, else measure it (3 s); None while the web image is not built.

    Args:
        fresh: measure in any case, and keep that.
    """
    machine, web = engine.machine(), IMAGES["web"].reference
    image = engine.image_ids([web]).get(web)
    if image is None:
        return None
    # The image is part of the key: another PHP, or another unit of work, costs something else.
    key = f"{machine.name} {machine.kernel} {image.removeprefix('sha256:')[:12]}"
    document = _read()
    found: Any = document.get(key)
    if fresh or not isinstance(found, dict) or not _is_whole(found):
        try:
            found = _measured(web)
        except LabError:
            return None
        _write({**document, key: found})
    return Reference(work_ms=found["work_ms"], source=f"lab doctor, {found['measured_at']}")


def ceiling_rps(engine: Engine) -> float | None:
    """Return the load generator's ceiling as it was kept; None when it was not measured yet with this image."""
    found = _read().get(_ceiling_key(engine))
    return float(found) if isinstance(found, int | float) and found > 0 else None


def keep_ceiling(engine: Engine, ceiling: float) -> None:
    """Keep the load generator's ceiling, in requests per second of one process."""
    _write({**_read(), _ceiling_key(engine): ceiling})


def _ceiling_key(engine: Engine) -> str:
    machine, probe = engine.machine(), IMAGES["probe"].reference
    image = engine.image_ids([probe]).get(probe, "")
    return f"ceiling {machine.name} {machine.kernel} {image.removeprefix('sha256:')[:12]}"


def _measured(image: str) -> dict[str, Any]:
    argv = [
        "docker", "run", "--rm", "--network", "none", "--entrypoint", "php", image,
        "-d", "opcache.enable_cli=1", "-d", "opcache.jit=disable", "-r", _PHP, str(WORK_UNITS),
    ]  # fmt: skip
    text = run(argv, timeout_s=_LIMIT_S)
    try:
        document = json.loads(text)
        work_ms = round(float(document["work_ms"]), 4)
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"the web image does not do its unit of work: {text[:200]!r}") from error
    now = datetime.now(tz=UTC).isoformat(timespec="minutes")
    return {"work_ms": work_ms, "cpu_model": document.get("cpu_model", "?"), "measured_at": now}


def _is_whole(found: dict[str, Any]) -> bool:
    return (
        isinstance(found.get("work_ms"), int | float)
        and found["work_ms"] > 0
        and isinstance(found.get("measured_at"), str)
        and re.fullmatch(r"[0-9T:+-]{10,32}", found["measured_at"]) is not None
    )


def _file() -> Path:
    return cache_folder() / "speed.json"


def _read() -> dict[str, Any]:
    with suppress(OSError, ValueError, LabError):
        document: dict[str, Any] = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(document, dict) and document.get("schema") == SCHEMA:
            return document
    return {"schema": SCHEMA}


def _write(document: dict[str, Any]) -> None:
    """Keep it; a cache that cannot be written is measured again next time."""
    with suppress(OSError, LabError):
        draft = _file().with_suffix(".draft")
        draft.write_text(json.dumps(document, indent=1), encoding="utf-8")
        draft.replace(_file())
