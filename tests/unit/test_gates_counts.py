"""The bounds of the counting gates: chance never breaks them, and what they are for does."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.model.gates_counts import (
    balancer_count,
    deck_cards,
    little,
    little_allowance,
    little_ratio,
    mix_as_declared,
    replica_shares,
    share_allowance,
)
from lab.model.window import Asked, Window
from probe.mix import Dealer, deck

WINDOW = Window(asked=Asked(), duration_s=20.0, requests=0, failures=0)


@st.composite
def mixes(draw: st.DrawFn) -> dict[str, float]:
    """Return a mix of up to five actions."""
    weights = draw(st.lists(st.integers(1, 60), min_size=1, max_size=5))
    return {f"a{i}": weight / sum(weights) for i, weight in enumerate(weights)}


@given(mixes())
def test_the_deck_is_as_large_as_the_generators(mix: dict[str, float]) -> None:
    assert deck_cards(mix) == len(deck(mix))


@settings(max_examples=60)
@given(mixes(), st.integers(1, 64), st.integers(0, 2**32 - 1), st.integers(1, 600))
def test_the_mix_that_is_dealt_never_fails_whatever_is_slow(
    mix: dict[str, float], users: int, seed: int, length: int
) -> None:
    """Users take cards and end in any order, the slowest kind as late as can be."""
    chance, dealer = random.Random(seed), Dealer(mix, seed)
    slow = next(iter(mix))
    hands = [dealer.next() for _ in range(users)]
    ended: list[str] = []
    for _ in range(length):
        quick = [i for i, card in enumerate(hands) if card != slow] or list(range(users))
        index = chance.choice(quick)
        ended.append(hands[index])
        hands[index] = dealer.next()
    seen = {name: ended.count(name) / len(ended) for name in mix}
    window = replace(WINDOW, asked=Asked(users=users, mix=mix), actions=len(ended), mix=seen)
    assert mix_as_declared(window) == ""


def test_an_action_that_never_ends_is_found() -> None:
    asked = Asked(users=8, mix={"read": 0.5, "write": 0.5})
    window = replace(WINDOW, asked=asked, actions=200, mix={"read": 1.0})
    assert "write was 0.0%" in mix_as_declared(window) or "read was 100.0%" in mix_as_declared(window)


@pytest.mark.parametrize("replicas", [2, 3, 4, 8])
def test_random_shares_do_not_fail_by_chance(replicas: int) -> None:
    """Random balancing spreads most; the others spread less."""
    chance, asked = random.Random(replicas), Asked(web=[f"web-{i}" for i in range(replicas)])
    failed = 0
    for _ in range(400):
        counts = [0] * replicas
        for _ in range(400):
            counts[chance.randrange(replicas)] += 1
        seen = {f"web-{i}": count for i, count in enumerate(counts)}
        failed += bool(replica_shares(replace(WINDOW, asked=asked, replicas=seen)))
    assert failed == 0


@pytest.mark.parametrize(("answers", "replicas"), [(600, 3), (1_200, 4), (4_000, 8)])
def test_a_replica_that_was_down_half_of_the_window_is_found(answers: int, replicas: int) -> None:
    names = [f"web-{i}" for i in range(replicas)]
    half = answers / (2 * replicas - 1)
    seen = dict.fromkeys(names, round(2 * half)) | {"web-0": round(half)}
    assert "web-0" in replica_shares(replace(WINDOW, asked=Asked(web=names), replicas=seen))


def test_the_share_bound_by_hand() -> None:
    """900 answers, 3 replicas: 15 % of 300, and four times the square root of 900 (1/3) (2/3) = 14.14."""
    assert share_allowance(900, 3) == pytest.approx(45 + 56.57, abs=0.01)


def test_what_is_under_way_at_the_ends_may_be_counted_once() -> None:
    window = replace(WINDOW, asked=Asked(users=64), requests=280, balancer_requests=280 + 65)
    assert balancer_count(window) == ""
    assert balancer_count(replace(window, balancer_requests=280 + 66)) != ""
    late = replace(window, balancer_requests=280 + 66, balancer_edge_s=0.1)
    assert balancer_count(late) == ""


# Recorded windows of one and of two replicas under 64 users: 20 s, and latencies of seconds.
@pytest.mark.parametrize(
    ("requests", "mean_ms", "first_ms", "last_ms"),
    [(190, 6514, 5300, 6900), (407, 3107, 2500, 3460), (287, 4443, 4250, 4700), (1159, 1102, 1090, 1110)],
)
def test_littles_law_holds_in_recorded_windows(
    requests: int, mean_ms: float, first_ms: float, last_ms: float
) -> None:
    window = replace(
        WINDOW, asked=Asked(users=64), requests=requests, mean_ms=mean_ms, first_ms=first_ms, last_ms=last_ms
    )
    assert little(window) == ""


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 64), st.sampled_from([0.0, 0.2, 1.0]))
def test_littles_law_holds_in_a_simulated_closed_load(seed: int, users: int, think_s: float) -> None:
    """One server, first come first served: the time of service varies, the law does not."""
    chance, window_s, begin_s = random.Random(seed), 20.0, 15.0
    ready, free_s, ended, actions = [chance.random() for _ in range(users)], 0.0, [], 0
    while True:
        user = min(range(users), key=ready.__getitem__)
        start_s = ready[user]
        free_s = max(free_s, start_s) + chance.uniform(0.01, 0.03)
        if start_s > begin_s + window_s:
            break
        ended.append((free_s, free_s - start_s))
        ready[user] = free_s + (chance.expovariate(1 / think_s) if think_s else 0.0)
    inside = [(t, r) for t, r in ended if begin_s <= t <= begin_s + window_s]
    first = [r for t, r in inside if t < begin_s + 2] or [0.0]
    last = [r for t, r in inside if t > begin_s + window_s - 2] or [0.0]
    actions = len(inside)
    window = Window(
        asked=Asked(users=users, think_s=think_s), duration_s=window_s, requests=actions, failures=0, actions=actions,
        mean_ms=1000 * sum(r for _, r in inside) / max(actions, 1), first_ms=1000 * sum(first) / len(first),
        last_ms=1000 * sum(last) / len(last),
    )  # fmt: skip
    assert abs(little_ratio(window)) <= 0.03 + 4 / 3 * little_allowance(window)


def test_users_that_wait_unseen_are_found() -> None:
    """20 users, of whom a tenth of their time is spent where nobody measures."""
    window = replace(WINDOW, asked=Asked(users=20), requests=1_800, mean_ms=200, first_ms=200, last_ms=200)
    assert little(window).startswith("Little's law")
