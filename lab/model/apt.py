"""The machine's Debian package sources, read from its own apt configuration and turned into sources for another suite.

No host name is written in the lab: a mirror that works for this machine is the one that builds use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DEBIAN_SUITES: Final = (
    "bullseye", "bookworm", "trixie", "forky", "duke", "sid", "oldoldstable", "oldstable", "stable", "testing", "unstable",
)  # fmt: skip
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One archive: its address, suite (`bookworm`, `bookworm-security`, ...) and components."""

    uri: str
    suite: str
    components: tuple[str, ...]

    @property
    def release(self) -> str:
        """Return the suite without `-security`, `-updates` and the like."""
        return self.suite.partition("-")[0].partition("/")[0]

    @property
    def pocket(self) -> str:
        """Return "" for the main suite, else what follows the first hyphen or slash."""
        return self.suite[len(self.release) + 1 :]

    @property
    def is_debian(self) -> bool:
        """Say whether this is a Debian archive that is reached over HTTP (not Ubuntu, not a vendor's)."""
        return (
            self.release in DEBIAN_SUITES
            and self.uri.startswith(("http://", "https://"))
            and "main" in self.components
        )


def parse_sources(files: Mapping[str, str]) -> list[Source]:
    """Return the binary-package sources of apt's files, by file name: `*.list` one-line, `*.sources` deb822.

    Lines and stanzas that are disabled or not understood are skipped: apt itself is the judge of them.
    """
    found: list[Source] = []
    for name, text in sorted(files.items()):
        found += _deb822(text) if name.endswith(".sources") else _one_line(text)
    return found


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        rest = words[1:]
        if rest and rest[0].startswith("["):
            while rest and not rest[0].endswith("]"):
                rest.pop(0)
            rest = rest[1:]
        if len(rest) >= 3:
            yield Source(uri=rest[0].rstrip("/"), suite=rest[1], components=tuple(rest[2:]))


def _deb822(text: str) -> Iterator[Source]:
    for stanza in _stanzas(text):
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes").lower() in {
            "no",
            "false",
            "0",
        }:
            continue
        for uri in stanza.get("uris", "").split():
            for suite in stanza.get("suites", "").split():
                components = tuple(stanza.get("components", "").split())
                yield Source(uri=uri.rstrip("/"), suite=suite, components=components)


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, key = {}, ""
        elif line[0] in " \t" and key:
            fields[key] += " " + line.strip()
        elif ":" in line:
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()


def archives(sources: Sequence[Source], suite: str) -> list[Source]:
    """Return sources for another Debian suite at this machine's mirrors: the suite itself first, then its pockets.

    Empty when the machine has no Debian mirror. `sid` has no pockets.
    """
    debian = [source for source in sources if source.is_debian]
    mirrors = [source.uri for source in debian if not source.pocket]
    if not mirrors:
        return []
    found = [Source(uri=mirrors[0], suite=suite, components=("main",))]
    if suite in {"sid", "unstable"}:
        return found
    for pocket in ("updates", "security"):
        uri = next((source.uri for source in debian if source.pocket == pocket), None)
        if uri:
            found.append(Source(uri=uri, suite=f"{suite}-{pocket}", components=("main",)))
    return found


def sources_list(sources: Sequence[Source]) -> str:
    """Return the text of a one-line `sources.list`.

    A mirror that is frozen keeps sid at a day whose Release file is past its Valid-Until; the signature still counts.
    """
    lines = []
    for source in sources:
        option = "[check-valid-until=no] " if source.suite in {"sid", "unstable"} else ""
        lines.append(f"deb {option}{source.uri} {source.suite} {' '.join(source.components)}\n")
    return "".join(lines)


def deb822(source: Source) -> str:
    """Return the text of a `.sources` file with one source."""
    return (
        f"Types: deb\nURIs: {source.uri}\nSuites: {source.suite}\n"
        f"Components: {' '.join(source.components)}\nSigned-By: {KEYRING}\n"
    )
