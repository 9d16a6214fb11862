"""`--app PATH`: a learner's own PHP app on the web tier's image."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from lab.adapters.buildx import builder_environment
from lab.adapters.process import run
from lab.errors import BadInput, ImageBuildFailed, LabError
from lab.tiers.base import IMAGE_PREFIX, image

MAX_BYTES: Final = 200_000_000

# `health` becomes a static file, so that the balancer's check asks Apache and not an app that knows nothing of it.
_DOCKERFILE: Final = """\
FROM {web}
USER 0:0
RUN rm -rf /srv/app/public /srv/app/src /srv/app/templates /srv/app/tests \\
 && sed -i 's/FilesMatch "^index.*"/FilesMatch "\\\\.php$"/' /etc/apache2/lab.conf \\
 && sed -i '/^opcache.preload/d' /etc/php/8.4/apache2/conf.d/99-lab.ini
COPY . {target}
RUN if [ ! -e /srv/app/public/health ]; then echo ok > /srv/app/public/health; fi
USER 33:33
"""


def _files(folder: Path) -> list[Path]:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts]
    size = sum(path.stat().st_size for path in found)
    if size > MAX_BYTES:
        raise BadInput(
            f"--app: {folder}: {size / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} MB are copied into an image"
        )
    return found


def build_own_app(path: str) -> str:
    """Build an image of the web tier with the app in `path` in place of ours; return its reference.

    A folder with `public/index.php` is taken whole, one with `index.php` becomes `public/`.

    Raises:
        BadInput: no such folder, no index.php, or too big.
        ImageBuildFailed: docker could not build it.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise BadInput(f"--app: {path}: no such folder")
    if (folder / "public" / "index.php").is_file():
        target = "/srv/app/"
    elif (folder / "index.php").is_file():
        target = "/srv/app/public/"
    else:
        raise BadInput(f"--app: {path}: has neither index.php nor public/index.php")
    dockerfile = _DOCKERFILE.format(web=image("web"), target=target)
    digest = hashlib.sha256(dockerfile.encode())
    for file in _files(folder):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    reference = f"{IMAGE_PREFIX}/app:{digest.hexdigest()[:12]}"
    try:
        run(
            ["docker", "build", "--load", "--quiet", "--tag", reference, "--file", "-", str(folder)],
            input_text=dockerfile,
            env={"DOCKER_BUILDKIT": "1", **builder_environment()},
            timeout_s=300,
        )
    except LabError as error:
        if error.exit_code == 1:
            raise ImageBuildFailed(f"--app: {path}: {error.message}", hint="lab images build web") from error
        raise
    return reference
