"""`lab capacity`: what its words may be. No engine is asked before they are right."""

from __future__ import annotations

import pytest

from tests.docker_lab import lab


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--slo", "p95<200"), "needs a unit, ms or s"),
        (("--slo", "p59<200ms"), "unknown metric 'p59'"),
        (("--slo", "errors<1%"), "needs a latency"),
        (("--slo", "p95<2s", "--rate", "0", "--replicas", "1..3"), "--rate: must be actions a second"),
        (("--slo", "p95<2s", "--rate", "x", "--replicas", "1..3"), "got 'x'"),
        (("--slo", "p95<2s", "--rate", "5,5", "--replicas", "1..3"), "different rates"),
        (("--slo", "p95<2s", "--rate", "5"), "--rate: needs --replicas"),
        (("--slo", "p95<2s", "--replicas", "1..3"), "--replicas: needs --rate"),
        (("--slo", "p95<2s", "--rate", "5", "--replicas", "0..3"), "--replicas: must be whole numbers"),
        (("--slo", "p95<2s", "--max-time", "soon"), "--max-time: must be a time"),
        (("--slo", "p95<2s", "--duration", "-1s"), "--duration: must be a time"),
        (("--slo", "p95<2s", "--seed", "x"), "--seed: must be a whole number"),
    ],
)
def test_bad_words_are_2_and_named(words: tuple[str, ...], said: str) -> None:
    done = lab("capacity", "read-heavy", *words, check=False)
    assert done.returncode == 2, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_without_an_objective_it_is_2() -> None:
    done = lab("capacity", "read-heavy", check=False)
    assert done.returncode == 2
    assert "--slo" in done.stderr
