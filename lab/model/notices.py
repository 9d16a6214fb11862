"""Which licences an image carries, and where the sources are: for whoever passes images on. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lab.errors import BadInput

MINIO_MODULE: Final = "github.com/minio/minio"
_MINIO_VERSION: Final = re.compile(r"^ARG MINIO_MODULE_VERSION=(v[\w.+-]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One part of an image: its licence (SPDX) and how to get its source."""

    part: str
    licence: str
    source: str


def _debian(part: str, licence: str, package: str) -> Notice:
    return Notice(part=part, licence=licence, source=f"Debian: apt-get source {package}")


_DEBIAN: Final = Notice(
    part="Debian packages",
    licence="each its own: /usr/share/doc/PACKAGE/copyright in the image",
    source="Debian: apt-get source PACKAGE",
)
_OWN: Final = Notice(part="the lab's own files", licence="MIT", source="the project")
_PARTS: Final[Mapping[str, tuple[Notice, ...]]] = {
    "base": (),
    "base-sid": (),
    "web": (_debian("Apache", "Apache-2.0", "apache2"), _debian("PHP", "PHP-3.01", "php8.4")),
    "db": (_debian("MySQL", "GPL-2.0-only", "mysql-server-core"),),
    "probe": (
        _debian("Python", "PSF-2.0", "python3"),
        Notice(part="Locust", licence="MIT", source="the Python package index: locust"),
        Notice(
            part="Python packages that Locust needs",
            licence="each its own: *.dist-info under /opt/probe in the image",
            source="the Python package index",
        ),
    ),
    "balancer": (_debian("HAProxy", "GPL-2.0-or-later", "haproxy"),),
    "cache": (_debian("memcached", "BSD-3-Clause", "memcached"),),
}


def minio_version(dockerfile: str) -> str:
    """Return the version of MinIO's Go module that minio/Dockerfile compiles.

    Raises:
        BadInput: the Dockerfile does not say.
    """
    found = _MINIO_VERSION.search(dockerfile)
    if not found:
        raise BadInput("minio/Dockerfile: no line ARG MINIO_MODULE_VERSION=v…, so MinIO's source is unknown")
    return found[1]


def notices_of(name: str, minio: str) -> tuple[Notice, ...]:
    """Return the notices of an image by its name; `minio` is the version of MinIO's Go module."""
    parts = _PARTS.get(name, ())
    if name == "store":
        source = f"Go module {MINIO_MODULE} {minio}: go mod download {MINIO_MODULE}@{minio}; unchanged"
        parts = (
            Notice(part="MinIO", licence="AGPL-3.0-only", source=source),
            Notice(part="Go modules in MinIO", licence="each its own", source="named in MinIO's go.mod"),
        )
    return (*parts, _OWN, _DEBIAN)


def notices_text(notices: Mapping[str, Sequence[Notice]]) -> str:
    """Return NOTICES.txt: what whoever passes the images on has to pass on with them."""
    lines = [
        "This file holds programs under several licences, some of which (AGPL-3.0, GPL-2.0) ask whoever passes the",
        "programs on to offer their source too. All are unchanged; how to get each source is said below.",
        "Full licence texts: /usr/share/common-licenses and /usr/share/doc/*/copyright in each image.",
    ]
    for name, parts in notices.items():
        lines += ["", f"image {name}"]
        lines += [f"  {part.part}\n    licence: {part.licence}\n    source:  {part.source}" for part in parts]
    return "\n".join(lines) + "\n"
