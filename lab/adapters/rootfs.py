"""A Debian root file system as a local image: pulled where a registry answers, else made here by mmdebstrap."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from lab.adapters.process import run
from lab.errors import ImageBuildFailed, LabError, MachineNotReady
from lab.model.apt import Source, archives, parse_sources, sources_list
from lab.model.build_advice import advice
from lab.model.doctor_software import BOOTSTRAP_AS_ROOT
from lab.model.images import LABEL_INPUTS, PREFIX, architecture_of

_ASK_REGISTRY_S: Final = 15.0
_PULL_S: Final = 900.0
_APT: Final = Path("/etc/apt")


def machine_sources(folder: Path = _APT) -> list[Source]:
    """Return this machine's package sources; empty where there is no apt."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    texts = {
        file.name: file.read_text(encoding="utf-8", errors="replace")
        for file in files
        if file.suffix in {".list", ".sources"} and file.is_file() and os.access(file, os.R_OK)
    }
    return parse_sources(texts)


def sources_for(suite: str) -> str:
    """Return the `sources.list` of a suite at this machine's mirror; empty when it has none."""
    return sources_list(archives(machine_sources(), suite)).strip()


def can_pull(suite: str) -> bool:
    """Say whether Debian's own image of a suite is here or can be had from a registry."""
    reference = f"debian:{suite}-slim"
    return _succeeds(["docker", "image", "inspect", reference]) or _succeeds(
        ["docker", "manifest", "inspect", reference]
    )


def _succeeds(argv: Sequence[str]) -> bool:
    try:
        run(argv, timeout_s=_ASK_REGISTRY_S)
    except LabError:
        return False
    return True


def root_file_system(suite: str) -> str:
    """Return the reference of a local image that holds a minimal Debian of a suite.

    Raises:
        ImageBuildFailed: neither a registry nor a Debian mirror could be used.
        MachineNotReady: no registry, and the tool that makes a root file system is not here.
    """
    reference = f"debian:{suite}-slim"
    if _succeeds(["docker", "image", "inspect", reference]):
        return reference
    if can_pull(suite):
        try:
            run(["docker", "pull", "--quiet", reference], timeout_s=_PULL_S)
        except MachineNotReady:
            raise
        except LabError:
            pass  # the registry answered and then did not deliver: make it here
        else:
            return reference
    return _made_here(suite)


def _made_here(suite: str) -> str:
    reference = f"{PREFIX}/rootfs:{suite}"
    if _succeeds(["docker", "image", "inspect", reference]):
        return reference  # made before; another one would rebuild every image. `make clean` removes it
    if not shutil.which("mmdebstrap"):
        raise MachineNotReady(
            f"debian:{suite}-slim cannot be pulled, and mmdebstrap, which could make it here, is not installed.",
            hint="on Debian or Ubuntu as root: `lab doctor --fix` (or `apt-get install mmdebstrap`); "
            "elsewhere: connect to a network from which `docker pull` works",
        )
    if not can_bootstrap():
        raise MachineNotReady(
            f"debian:{suite}-slim cannot be pulled, and mmdebstrap, which could make it here, needs root or user "
            "namespaces; this user has neither.",
            hint=BOOTSTRAP_AS_ROOT,
        )
    wanted = archives(machine_sources(), suite)
    problem = ""
    for sources in (wanted, wanted[:1]) if len(wanted) > 1 else (wanted,):  # a mirror may lack the pockets
        problem = bootstrap(suite, sources, reference)
        if not problem:
            return reference
    raise ImageBuildFailed(
        f"mmdebstrap could not make a Debian {suite} root file system:\n{problem}", hint=advice(problem)
    )


def can_bootstrap() -> bool:
    """Say whether this user may do what mmdebstrap does: be root, or be root in a user namespace of its own.

    Source: mmdebstrap(1), modes `root` and `unshare`.
    """
    if os.geteuid() == 0:
        return True
    has_maps = all(shutil.which(tool) for tool in ("newuidmap", "newgidmap"))
    return has_maps and _has_subordinate_ids() and _succeeds(["unshare", "--user", "--map-root-user", "true"])


def _has_subordinate_ids() -> bool:
    own = {str(os.geteuid())}
    with suppress(KeyError):
        own.add(pwd.getpwuid(os.geteuid()).pw_name)
    try:
        texts = [Path(name).read_text(encoding="utf-8") for name in ("/etc/subuid", "/etc/subgid")]
    except OSError:
        return False
    return all(own & {line.partition(":")[0] for line in text.splitlines()} for text in texts)


def engine_architecture() -> str:
    """Return the engine's architecture by Debian's name: what runs there counts, not what this machine is."""
    return architecture_of(run(["docker", "info", "--format", "{{.Architecture}}"], timeout_s=60).strip())


def bootstrap_argv(suite: str, sources: Sequence[Source], architecture: str) -> list[str]:
    """Return the command that writes a root file system to its output; sources, if any, come by its input."""
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={architecture}"]
    argv += ["--include=ca-certificates", suite, "-"]
    return [*argv, "-"] if sources else argv


def bootstrap(suite: str, sources: Sequence[Source], reference: str) -> str:
    """Make and import a root file system; return what went wrong, or nothing.

    It gets its name only when all of it is there: what a broken or killed maker leaves imports well, even nothing at all.
    """
    with (
        subprocess.Popen(
            bootstrap_argv(suite, sources, engine_architecture()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as maker,
        subprocess.Popen(
            ["docker", "import", "--change", f"LABEL {LABEL_INPUTS}=rootfs", "-"],
            stdin=maker.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as importer,
    ):
        if maker.stdout:
            maker.stdout.close()  # the importer has it now; so a dead importer ends the maker
        _, said = maker.communicate(sources_list(sources).encode())
        imported, import_said = importer.communicate()
    image = imported.decode().strip()
    if maker.returncode or importer.returncode:
        if image:
            _succeeds(["docker", "image", "rm", "--no-prune", image])
        return "\n".join((said + import_said).decode(errors="replace").strip().splitlines()[-12:])
    run(["docker", "tag", image, reference])
    return ""
