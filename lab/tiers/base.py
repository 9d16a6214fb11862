"""What a tier is: a pure module that turns a topology into its part of the compose file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from lab import __version__
from lab.assets import read
from lab.model.topology import Topology
from lab.tiers.template import fill

IMAGE_PREFIX: Final = "scalability-lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One container of the lab.

    Attributes:
        image: the reference of its image.
        text: its lines under `services:`, indented, ending with a newline.
        spec: everything that defines it (shared lines, own lines, configuration); equal text means "no change".
        files: configuration that `configs:` puts into the container, by path there.
    """

    name: str
    tier: str
    image: str
    text: str
    spec: str
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a tier contributes to the compose file.

    Attributes:
        shared: top-level `x-…` lines with the anchors its services use.
        configs: configuration files by compose name.
        volumes: named volumes by compose name.
    """

    shared: str = ""
    services: tuple[Service, ...] = ()
    configs: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()


class Tier(Protocol):
    """A plug-in: a module with these two names (see CONTRIBUTING.md, "Add a tier")."""

    NAME: str

    def part(self, topology: Topology) -> Part:
        """Return what the tier contributes; an empty part when the topology does not have it."""
        ...


def image(name: str) -> str:
    """Return the full reference of one of our images."""
    return f"{IMAGE_PREFIX}/{name}:{__version__}"


def fragment(tier: str, values: Mapping[str, str]) -> str:
    """Return the filled `compose/<tier>.yaml`."""
    return fill(read(f"compose/{tier}.yaml"), {"version": __version__, **values})


def split(text: str) -> tuple[str, str]:
    """Split a fragment into its shared `x-…` lines and the lines under `services:`."""
    shared, _, services = text.rpartition("services:\n")
    return shared.removesuffix("\n"), services


def one_service(
    tier: str, name: str, values: Mapping[str, str], *, image_name: str, extra_spec: str = ""
) -> tuple[str, Service]:
    """Fill a tier's fragment for one service; return (shared lines, service).

    Args:
        image_name: which of our images it runs (`web`), or a full reference.
        extra_spec: what else defines it: a configuration file, lines shared with another tier.
    """
    shared, text = split(fragment(tier, values))
    reference = image_name if ":" in image_name else image(image_name)
    return shared, Service(name=name, tier=tier, image=reference, text=text, spec=shared + text + extra_spec)
