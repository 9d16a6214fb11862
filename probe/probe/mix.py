"""Deal the actions of a scenario in the declared proportions. Pure."""

import random
from collections.abc import Mapping
from typing import Final

MAX_CARDS: Final = 200


def deck(mix: Mapping[str, float]) -> list[str]:
    """Return the smallest list of action names, at most MAX_CARDS long, that holds each action in its share.

    Shares that no such deck can hold exactly are rounded by the largest remainder.
    """
    for cards in range(1, MAX_CARDS + 1):
        counts = {name: share * cards for name, share in mix.items()}
        if all(abs(count - round(count)) < 1e-6 for count in counts.values()):
            return [name for name, count in counts.items() for _ in range(round(count))]
    counts = {name: int(share * MAX_CARDS) for name, share in mix.items()}
    by_remainder = sorted(mix, key=lambda name: counts[name] - mix[name] * MAX_CARDS)
    for name in by_remainder[: MAX_CARDS - sum(counts.values())]:
        counts[name] += 1
    return [name for name, count in counts.items() for _ in range(count)]


class Dealer:
    """Deals action names from a shuffled deck that all users share, and shuffles again when it is used up.

    Independent draws would give the same shares only on average: in a short run the rare, expensive actions vary by
    a quarter, and that variation would look like a difference between topologies. Each process of the generator deals
    from a deck of its own, in an order that its ``number`` decides.
    """

    def __init__(self, mix: Mapping[str, float], seed: int, number: int = 0) -> None:
        self._deck = deck(mix)
        self._hand: list[str] = []
        order = f"{seed}:mix:{number}" if number else f"{seed}:mix"
        self._rng = random.Random(order)  # noqa: S311 - a workload, not a secret

    def next(self) -> str:
        """Return the next action's name."""
        if not self._hand:
            self._hand = list(self._deck)
            self._rng.shuffle(self._hand)
        return self._hand.pop()
