"""The data set is put back as the images have it: what was written is gone, what was lost is there again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.cli.wiring import context
from lab.workflows.find import need_running_lab
from lab.workflows.reset import is_changed, reset_data
from tests.docker_lab import Visitor, docker, own, running
from tests.integration.test_stages import JPEG

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]
LAB = own("restore")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(LAB, "--replicas", "1", "--db-replicas", "1", "--store", "s3") as address:
        yield address


def objects(folder: str) -> set[str]:
    """Return the pictures that the store has in a folder of its bucket."""
    found = docker("exec", f"{LAB}-store-1", "find", f"/data/media/{folder}", "-name", "*.jpg", check=False)
    return {line.rpartition("/")[2] for line in found.splitlines()}


def started_at(service: str) -> str:
    """Return when a container was last started."""
    return docker("inspect", "--format", "{{.State.StartedAt}}", f"{LAB}-{service}-1")


def restore() -> None:
    """Restore the data set as a sweep does before a point."""
    ctx = context(LAB)
    topology = need_running_lab(ctx).topology
    assert topology is not None
    reset_data(ctx, topology, with_store=True)
    assert not is_changed(ctx, need_running_lab(ctx))


def test_what_was_written_and_uploaded_is_gone(url: str) -> None:
    visitor = Visitor(url)
    visitor.log_in()
    visitor.post("/photo/5/comment", "/photo/5", {"body": "gone when the data set is restored"})
    files = {"picture": ("p.jpg", JPEG, "image/jpeg")}
    assert visitor.post("/upload", "/upload", {"title": "T"}, files=files).status_code == 200
    assert objects("u")
    seed = objects("seed")
    before = {service: started_at(service) for service in ("store", "db-primary", "db-replica-1", "cache-1")}
    restore()
    assert objects("u") == set()
    assert objects("seed") == seed
    assert {service: started_at(service) for service in before} == before  # each does it in its container
    assert "gone when the data set is restored" not in Visitor(url).get("/photo/5").text


def content(picture: str) -> str:
    """Return a sum of what the store keeps of a seed picture."""
    return docker("exec", f"{LAB}-store-1", "md5sum", f"/data/media/seed/{picture}/xl.meta")


def test_a_seed_picture_that_was_changed_is_as_it_was(url: str) -> None:
    other, changed = sorted(objects("seed"))[:2]
    before, place = content(changed), "/data/media/seed"
    docker("exec", f"{LAB}-store-1", "cp", f"{place}/{other}/xl.meta", f"{place}/{changed}/xl.meta")
    assert content(changed) != before
    restore()
    assert content(changed) == before


def test_a_seed_picture_that_was_lost_is_there_again(url: str) -> None:
    seed, store = objects("seed"), started_at("store")
    lost = min(seed)
    docker("exec", f"{LAB}-store-1", "rm", "-r", f"/data/media/seed/{lost}")
    assert objects("seed") == seed - {lost}
    restore()
    assert objects("seed") == seed
    assert started_at("store") != store  # only its golden data has the picture


def test_a_server_that_cannot_restore_itself_is_started_anew(url: str) -> None:
    replica = f"{LAB}-db-replica-1-1"
    before = started_at("db-replica-1")
    docker("exec", replica, "rm", "/run/mysqld/mysqld.pid")  # db-restore does not find its server
    Visitor(url).log_in()
    restore()
    assert started_at("db-replica-1") != before
    assert docker("inspect", "--format", "{{.State.Health.Status}}", replica) == "healthy"


def test_a_server_that_ends_by_itself_ends_its_container(url: str) -> None:
    """Only a restore starts another server in the same container."""
    primary = f"{LAB}-db-primary-1"
    docker("exec", primary, "sh", "-c", "kill -KILL $(cat /run/mysqld/mysqld.pid)")
    assert docker("wait", primary) == "137"
