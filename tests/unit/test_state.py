"""The difference between what runs and what is wanted."""

from __future__ import annotations

from lab.model.state import Container, difference


def _container(service: str, *, spec: str = "s", state: str = "running") -> Container:
    return Container(
        id=service,
        name=service,
        service=service,
        tier="",
        lab="lab",
        state=state,
        health="",
        host_port=None,
        spec=spec,
        image="",
    )


def test_every_kind_of_change() -> None:
    running = [_container("a"), _container("b", spec="old"), _container("c"), _container("d", state="exited")]
    change = difference({"a": "s", "b": "s", "d": "s", "e": "s"}, running)
    assert (change.keep, change.replace, change.remove, change.add) == (("a",), ("b",), ("c",), ("d", "e"))


def test_the_one_shot_may_have_exited() -> None:
    assert difference({"credentials": "s"}, [_container("credentials", state="exited")]).is_empty


def test_nothing_to_do() -> None:
    assert difference({"a": "s"}, [_container("a")]).is_empty
