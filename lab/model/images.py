"""The image set: what is built from what, in which order, and when an image is up to date. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lab import __version__
from lab.errors import BadInput, did_you_mean
from lab.model.topology import Topology

PREFIX: Final = "scalability-lab"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_WORTH_A_PROCESS_S: Final = 10.0
LABEL_INPUTS: Final = "lab.inputs"  # on each image: the hash of what it was built from


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One of our images.

    Attributes:
        context: the asset folder that holds its Dockerfile and is its build context.
        parents: the images it is built from, by build argument (`BASE`, `WEB`).
        stand_ins: asset folders whose content counts in place of a parent's id, by build argument: what of that
            parent matters here (a changed PHP page must not replace a running store).
        suite: for a base: the Debian release it holds.
        expected_s: seconds of a first build on 2 cores, downloads included (measured).
        is_alone: it keeps every core busy, so nothing is built beside it.
    """

    name: str
    context: str
    about: str
    expected_s: float
    parents: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    suite: str = ""
    is_alone: bool = False

    @property
    def reference(self) -> str:
        """Return the image's full reference."""
        return f"{PREFIX}/{self.name}:{__version__}"

    @property
    def is_base(self) -> bool:
        """Say whether it is a root file system and not one of the tiers."""
        return bool(self.suite)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An image that the engine has.

    Attributes:
        inputs: the hash of what it was built from, from its label; "" when it was not built by us.
        created: ISO time.
        content: hash of its layers and inputs, the same on every engine; the id also depends on how the engine keeps
            images (Docker Desktop's containerd store has other ids for the same image).
    """

    id: str
    inputs: str
    size_bytes: int
    created: str
    content: str = ""

    @property
    def identity(self) -> str:
        """Return what stands for it in the inputs of its children."""
        return self.content or self.id


def _on(base: str, **more: str) -> dict[str, str]:
    return {"BASE": base, **more}


# In build order: parents first, and what a first curve needs (base, web, base-sid, db, probe) before the slow store.
IMAGES: Final[Mapping[str, Image]] = {
    image.name: image
    for image in (
        Image(name="base", context="compose/images", about="Debian trixie", expected_s=35, suite="trixie"),
        Image(
            name="web",
            context="php-app",
            about="Apache, PHP and the app",
            expected_s=100,
            parents=_on("base"),
        ),
        Image(name="base-sid", context="compose/images", about="Debian sid", expected_s=35, suite="sid"),
        Image(
            name="db",
            context="mysql",
            about="MySQL with the seeded data",
            expected_s=50,
            parents=_on("base-sid"),
        ),
        Image(
            name="probe",
            context="probe",
            about="load generator, collectors",
            expected_s=40,
            parents=_on("base"),
        ),
        Image(name="balancer", context="haproxy", about="HAProxy", expected_s=9, parents=_on("base")),
        Image(name="cache", context="memcached", about="memcached", expected_s=9, parents=_on("base")),
        Image(
            name="store",
            context="minio",
            about="MinIO, compiled",
            expected_s=330,
            is_alone=True,
            parents=_on("base", WEB="web"),
            stand_ins={"WEB": "php-app/tools"},  # draws the seed pictures
        ),
    )
}


def shared_out(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Divide images to build between this process and one beside it, so that both take about as long.

    A package is fetched and unpacked by one core, so two installations at once take hardly longer than one. Here is what
    takes longest, after what it is built from; beside it all others, but none that needs the machine for itself. What
    is in neither list comes when both are done.

    Args:
        names: in build order.

    Returns:
        (here, beside); the second is empty when it would not be worth a process.
    """
    together = [name for name in names if not IMAGES[name].is_alone]
    if not together:
        return [], []
    longest = max(together, key=lambda name: IMAGES[name].expected_s)
    chain = set(with_parents([longest]))
    here = [name for name in together if name in chain]
    beside = [name for name in together if name not in chain]
    if sum(IMAGES[name].expected_s for name in beside) < _WORTH_A_PROCESS_S:
        beside = []
    return here, beside


def in_turn(names: Iterable[str], todo: Collection[str]) -> list[str]:
    """Return what is to build in the order in which it is needed: each after its own parents, not after those of later ones.

    So a process that builds beside another does not begin by waiting for what that one builds.
    """
    found: list[str] = []
    for name in names:
        for each in (*in_turn(IMAGES[name].parents.values(), todo), name):
            if each in todo and each not in found:
                found.append(each)
    return found


def from_the_end(names: Sequence[str]) -> list[str]:
    """Return images in the order in which one helps a process that builds them in theirs: what it comes to last first.

    What another of them must be there for comes after those, in order.
    """
    own = set(names)
    free = [name for name in names if not own & set(IMAGES[name].parents.values())]
    roots = [name for name in free if any(name in IMAGES[other].parents.values() for other in names)]
    ends = [name for name in reversed(free) if name not in roots]
    return ends + [name for name in names if name not in ends]


def architecture_of(machine: str) -> str:
    """Return Docker's and Debian's name of an architecture from the kernel's, as `docker info` gives it."""
    return _ARCHITECTURES.get(machine, machine)


def check_names(names: Sequence[str]) -> list[str]:
    """Return image names in build order, all of them when none is given.

    Raises:
        BadInput: naming every unknown one and the nearest known.
    """
    unknown = [f"{name!r}{did_you_mean(name, tuple(IMAGES))}" for name in names if name not in IMAGES]
    if unknown:
        raise BadInput(f"NAMES: no such image: {', '.join(unknown)}", hint=f"known: {', '.join(IMAGES)}")
    return [name for name in IMAGES if not names or name in names]


def with_parents(names: Iterable[str]) -> list[str]:
    """Return names and everything they are built from, in build order."""
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += IMAGES[name].parents.values()
    return [name for name in IMAGES if name in wanted]


def images_for(topology: Topology) -> list[str]:
    """Return the names of the images that a topology runs, the measuring container's included, in build order."""
    wanted = {"web", "db", "probe"}
    wanted |= {"balancer"} if topology.has_balancer else set()
    wanted |= {"cache"} if topology.cache_nodes else set()
    wanted |= {"store"} if topology.store == "s3" else set()
    return [name for name in IMAGES if name in wanted]


def inputs_hash(image: Image, files: Mapping[str, bytes], parent_ids: Mapping[str, str]) -> str:
    """Return the hash of all that an image is built from.

    Args:
        files: the build context, and stand-ins, by path. File modes do not count: the Dockerfiles set them.
        parent_ids: the identity of each parent without a stand-in, by build argument.

    A base ignores where its packages come from: another mirror serves the same Debian.
    """
    digest = hashlib.sha256(f"{image.name}\0{image.suite}\0".encode())
    for argument, image_id in sorted(parent_ids.items()):
        digest.update(f"{argument}={image_id}\0".encode())
    for path, content in sorted(files.items()):
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
