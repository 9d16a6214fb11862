"""Gates that compare counts: the mix, the balancer's count, the replicas' shares, Little's law. Pure.

Their bounds are derived, not chosen: docs/adr/0016-gates.md has the derivations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from lab.model.window import Window

MAX_CARDS: Final = 200  # of the generator's deck (probe/probe/mix.py)
MAX_COUNT_RATIO: Final = 0.005
MAX_SHARE_RATIO: Final = 0.15  # replicas have equal quotas, which the kernel keeps within some percent
SHARE_SIGMAS: Final = 4.0  # of a binomial count: least connections and round robin vary less
MAX_LITTLE_RATIO: Final = 0.03
_SIGMAS: Final = 3.0


def mix_as_declared(w: Window) -> str:
    """Another mix is another load."""
    if not w.asked.mix or w.actions == 0:
        return ""
    off = {
        name: w.mix.get(name, 0.0) - share
        for name, share in w.asked.mix.items()
        if abs(w.mix.get(name, 0.0) - share) * w.actions > mix_allowance(w, share)
    }
    if not off:
        return ""
    name = max(off, key=lambda each: abs(off[each]))
    return (
        f"mix: {name} was {w.mix.get(name, 0.0):.1%} of {w.actions:,} actions, and {w.asked.mix[name]:.1%} are declared:"
        " does an action end early, hang or raise? look at the scenario's Python file"
    )


def mix_allowance(w: Window, share: float) -> float:
    """Return by how many actions one that has a `share` of the mix can be off, at most.

    Actions are dealt from shuffled decks that hold the mix. A stretch of dealt cards has a part of a deck at each end,
    and in D cards with k of one kind no part differs from its share by more than k (D - k) / D. Those under way at
    the two ends of the window are counted in one and dealt in another: each may be of this kind, or not.
    """
    cards = deck_cards(w.asked.mix)
    parts = 2 * w.generator_processes * cards * share * (1 - share)
    rounded = 0.0 if cards < MAX_CARDS else w.actions / MAX_CARDS
    return parts + rounded + 2 * w.under_way * max(share, 1 - share)


def deck_cards(mix: Mapping[str, float]) -> int:
    """Return the size of the smallest deck that holds each action in its share; at most `MAX_CARDS`, rounded then."""
    for cards in range(1, MAX_CARDS):
        if all(abs(share * cards - round(share * cards)) < 1e-6 for share in mix.values()):
            return cards
    return MAX_CARDS


def balancer_count(w: Window) -> str:
    """Requests that only one of both has seen went elsewhere, or came from elsewhere.

    HAProxy counts a request when it comes, the generator when it ends: what is under way at the ends of the window
    is counted by one of them. Its two readings come a moment after the window's ends.
    """
    if w.balancer_requests is None:
        return ""
    off = w.balancer_requests - w.requests
    if abs(off) <= MAX_COUNT_RATIO * w.requests + w.under_way + w.rate_rps * w.balancer_edge_s:
        return ""
    why = (
        "somebody else sent requests: close the lab's pages in browsers, and other load"
        if off > 0
        else "requests did not reach it: lab logs balancer"
    )
    return (
        f"count: HAProxy counted {w.balancer_requests:,} requests, the load generator {w.requests:,}: {why}"
    )


def replica_shares(w: Window) -> str:
    """A replica that gets less than its share has capacity that nobody measured."""
    count = len(w.asked.web)
    answers = sum(w.replicas.get(name, 0) for name in w.asked.web)
    if count < 2 or w.asked.shares or answers == 0:
        return ""
    expected = answers / count
    allowed = share_allowance(answers, count)
    off = {name: w.replicas.get(name, 0) for name in w.asked.web}
    off = {name: seen for name, seen in off.items() if abs(seen - expected) > allowed}
    if not off:
        return ""
    named = ", ".join(f"{name} answered {seen:,}" for name, seen in off.items())
    return (
        f"balance: {named} of {answers:,} requests, and {expected:,.0f} ± {allowed:,.0f} are a fair share: was a replica"
        " down, slow or drained? lab status; lab logs balancer"
    )


def share_allowance(answers: int, count: int) -> float:
    """Return by how many answers one of `count` equal replicas may be off its share of all `answers`."""
    share = 1 / count
    return MAX_SHARE_RATIO * answers * share + SHARE_SIGMAS * math.sqrt(answers * share * (1 - share))


def little(w: Window) -> str:
    """In a closed load N = X (R + Z), by Little's law: if not, latency or throughput was measured wrongly."""
    if w.asked.users is None or w.failures > 0.001 * w.requests or w.duration_s <= 0:
        return ""
    found, allowed = little_ratio(w), MAX_LITTLE_RATIO + little_allowance(w)
    if abs(found) <= allowed:
        return ""
    said = (
        f"Little's law: {w.asked.users} users, and {w.asked.users * (1 - found):.1f} by throughput and latency"
        f" ({found:+.1%}; at most {allowed:.1%}): "
    )
    if (
        w.mean_ms / 1000 > w.duration_s / 2
    ):  # most of those under way began before the window, or end after it
        return (
            f"{said}a request took {w.mean_ms / 1000:.1f} s, the window {w.duration_s:.0f} s: use a longer --duration or"
            " fewer --users"
        )
    return (
        f"{said}users waited where nobody measured: does a replica hold requests that never end? does an action of the"
        " scenario sleep or compute? lab status"
    )


def little_ratio(w: Window) -> float:
    """Return (N - X (R + Z)) / N of a closed load, without what a change of latency in the window explains.

    A request counts with its whole latency in the window where it ends. If those under way at the end wait longer
    than those at the start did, half of the difference is missing: (R_last - R_first) / 2 for each of them.
    """
    users = w.asked.users or 1
    waiting = (w.requests - w.failures) / w.duration_s * w.mean_ms / 1000
    thinking = w.actions / w.duration_s * w.asked.think_s
    change = waiting / users * (w.last_ms - w.first_ms) / 1000 / (2 * w.duration_s)
    return (users - waiting - thinking) / users - change


def little_allowance(w: Window) -> float:
    """Return what chance adds at the two ends of the window, three standard deviations, as a share of the users.

    Requests under way have an age between 0 and R, evenly (standard deviation R / sqrt 12), thinking users one that is
    exponential with mean Z; the mean of the thinks itself varies too.
    """
    users = w.asked.users or 1
    thinking = min(float(users), w.actions / w.duration_s * w.asked.think_s)
    waiting = max(users - thinking, 0.0)
    ages = w.mean_ms / 1000 * math.sqrt(2 * waiting / 12)
    thinks = w.asked.think_s * (math.sqrt(2 * thinking) + math.sqrt(w.actions))
    return _SIGMAS * (ages + thinks) / (users * w.duration_s)
