"""What the Docker levels share: run `lab`, name labs so that leftovers can be found, act as a visitor of the app."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from lab.adapters.archive import archive_of


def own(name: str) -> str:
    """Return a lab name that says which test process it belongs to."""
    return f"test-{os.getpid()}-{name}"


def _is_running_test(pid: str) -> bool:
    try:
        return b"pytest" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def lab(
    *args: str, check: bool = True, cwd: Path | None = None, timeout_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run the `lab` command as a user would."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", *args], capture_output=True, text=True, timeout=timeout_s, check=False, cwd=cwd,
        env={**os.environ, "COLUMNS": "100"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    if check:
        assert done.returncode == 0, (
            f"lab {' '.join(args)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
    return done


def lab_json(*args: str, **kwargs: Any) -> dict[str, Any]:
    """Run `lab … --json` and return its document."""
    document = json.loads(lab(*args, "--json", **kwargs).stdout)
    assert isinstance(document, dict)
    return document


def docker(*args: str, check: bool = True) -> str:
    """Run the docker CLI."""
    done = subprocess.run(["docker", *args], capture_output=True, text=True, timeout=120, check=False)
    if check:
        assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def logs(container: str) -> str:
    """Return all that a container has written: servers write to standard error, which `docker` leaves out."""
    argv = ["docker", "logs", container]
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=True
    )
    return done.stdout


def put_file(container: str, path: str, text: str) -> None:
    """Write a file into a container, running or not."""
    argv = ["docker", "cp", "-", f"{container}:/"]
    subprocess.run(argv, input=archive_of({path: text}), capture_output=True, timeout=120, check=True)


@contextmanager
def running(name: str, *options: str) -> Iterator[str]:
    """Start a lab, yield its address, remove it with its data."""
    try:
        document = lab_json("up", "--lab", name, *options)
        yield document["url"].rstrip("/")
    finally:
        lab("down", "--volumes", "--lab", name)


def remove_leftovers() -> None:
    """Remove the labs of test runs that are gone, and nothing else."""
    for row in lab_json("ls")["labs"]:
        match = re.fullmatch(r"test-(\d+)-.*", row["lab"])
        if match and not _is_running_test(match[1]):
            lab("down", "--volumes", "--lab", row["lab"])


class Visitor:
    """A browser with cookies, as far as the app needs one."""

    def __init__(self, url: str, *, client: str = "198.51.100.7") -> None:
        """Remember the address; `client` is the forwarded client address."""
        self.url = url
        self.session = requests.Session()
        self.session.headers["X-Forwarded-For"] = client

    def get(self, path: str) -> requests.Response:
        """GET a page."""
        return self.session.get(self.url + path, timeout=20)

    def post(
        self, path: str, form: str, data: dict[str, str], *, between: int = 0, **kwargs: Any
    ) -> requests.Response:
        """POST a form with the CSRF token of the page `form`; `between` other requests come in between."""
        token = re.search(r'name="csrf" value="([^"]+)"', self.get(form).text)
        assert token, f"no CSRF token on {form}"
        for _ in range(between):
            requests.get(f"{self.url}/health", timeout=20)
        return self.session.post(self.url + path, data={"csrf": token[1], **data}, timeout=20, **kwargs)

    def log_in(self, name: str = "user0007", *, between: int = 0) -> None:
        """Log in as a seeded user: the form is accepted."""
        data = {"name": name, "password": "lab-demo-password"}
        answer = self.post("/login", "/login", data, between=between, allow_redirects=False)
        assert answer.status_code in {302, 303}, f"{answer.status_code} {answer.text[:500]}"

    def whoami(self) -> dict[str, Any]:
        """Return who the app thinks this is, and which replica said so."""
        document = self.get("/whoami").json()
        assert isinstance(document, dict)
        return document
