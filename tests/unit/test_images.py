"""The image table, what a topology needs, and when an image is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import __version__, assets
from lab.errors import BadInput
from lab.model.build_advice import advice
from lab.model.images import IMAGES, check_names, images_for, inputs_hash, with_parents
from lab.model.topology import resolve
from lab.tiers.base import image as reference_of


def test_references_are_those_that_the_tiers_use() -> None:
    for name, image in IMAGES.items():
        assert image.reference == reference_of(name) == f"scalability-lab/{name}:{__version__}"


def test_each_image_has_a_dockerfile_that_takes_its_parents() -> None:
    for image in IMAGES.values():
        text = (assets.root() / image.context / "Dockerfile").read_text(encoding="utf-8")
        for argument in image.parents or {"ROOTFS": ""}:
            assert f"ARG {argument}" in text
            assert f"FROM ${{{argument}}}" in text


def test_stand_ins_are_folders_with_something_in_them() -> None:
    for image in IMAGES.values():
        for argument, folder in image.stand_ins.items():
            assert argument in image.parents
            assert any((assets.root() / folder).iterdir())


def test_parents_stand_before_their_children() -> None:
    order = list(IMAGES)
    for image in IMAGES.values():
        assert all(order.index(parent) < order.index(image.name) for parent in image.parents.values())


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("single", ["web", "db", "probe"]),
        ("balanced", ["web", "db", "probe", "balancer"]),
        ("full", ["web", "db", "probe", "balancer", "cache", "store"]),
    ],
)
def test_a_topology_needs_only_its_own_images(stage: str, names: list[str]) -> None:
    assert images_for(resolve({"stage": stage})) == names


def test_parents_come_along() -> None:
    assert with_parents(["store"]) == ["base", "web", "store"]
    assert with_parents(["db"]) == ["base-sid", "db"]


def test_names_are_ordered_and_checked() -> None:
    assert check_names(["store", "base"]) == ["base", "store"]
    assert check_names([]) == list(IMAGES)
    with pytest.raises(BadInput, match=r"'wbe' \(did you mean \"web\"\?\), 'x'") as caught:
        check_names(["wbe", "db", "x"])
    assert "balancer" in caught.value.hint


def test_the_hash_sees_every_input_and_nothing_else() -> None:
    image = IMAGES["db"]
    files = {"Dockerfile": b"FROM x", "seed/1.sql": b"select 1"}
    same = inputs_hash(image, dict(reversed(files.items())), {"BASE": "sha256:1"})
    assert same == inputs_hash(image, files, {"BASE": "sha256:1"})
    others = [
        inputs_hash(image, files, {"BASE": "sha256:2"}),
        inputs_hash(image, {**files, "seed/1.sql": b"select 2"}, {"BASE": "sha256:1"}),
        inputs_hash(image, {"Dockerfile": b"FROM x", "seed/2.sql": b"select 1"}, {"BASE": "sha256:1"}),
        inputs_hash(IMAGES["cache"], files, {"BASE": "sha256:1"}),
    ]
    assert len({same, *others}) == 5


def test_bytes_cannot_move_between_files_unseen() -> None:
    image = IMAGES["db"]
    assert inputs_hash(image, {"a": b"b\x00c"}, {}) != inputs_hash(image, {"a": b"b", "c": b""}, {})


@pytest.mark.parametrize(
    ("log", "word"),
    [
        ("write /x: No space left on device", "docker system df"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "SSL_CERT_FILE"),
        ("E: Failed to fetch http://m.test/x  Could not resolve 'm.test'", "http_proxy"),
        ("E: Release file for http://m.test/x is not valid yet (invalid for another 2h)", "clock"),
        ("429 Too Many Requests", "docker login"),
        ("E: install arch-test for foreign architecture support", "qemu-user-static"),
        ("exec /bin/sh: exec format error", "another architecture"),
        ("make: *** [all] Error 2", "lab doctor"),
    ],
)
def test_advice_follows_from_the_log(log: str, word: str) -> None:
    assert word in advice(f"#7 [2/3] RUN x\n#7 12.1 {log}\nERROR: failed to solve")


def test_no_shell_script_or_dockerfile_has_windows_line_ends() -> None:
    for image in IMAGES.values():
        for path in Path(assets.root() / image.context).rglob("*"):
            is_ours = path.suffix in {".sh", ".sql", ".cnf"} or path.name == "Dockerfile"
            if path.is_file() and (is_ours or path.parent.name == "bin" or path.name.startswith("cache-")):
                assert b"\r" not in path.read_bytes(), path
