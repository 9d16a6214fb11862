"""Draw ids by popularity: id 1 is asked for most often, as in most real catalogues. Pure."""

import random
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate


@lru_cache(maxsize=8)
def cumulative_shares(count: int, exponent: float) -> tuple[float, ...]:
    """Return P(id <= k) for k = 1..count under Zipf's law, P(k) ~ 1/k**exponent; the last entry is 1."""
    weights = list(accumulate(k**-exponent for k in range(1, count + 1)))
    return tuple(weight / weights[-1] for weight in weights)


class ZipfIds:
    """Draws ids 1..count; exponent 0 is uniform, 1 is the classic law."""

    def __init__(self, count: int, exponent: float, rng: random.Random) -> None:
        self._shares = cumulative_shares(count, exponent)
        self._rng = rng

    def next(self) -> int:
        """Return the next id."""
        return bisect_left(self._shares, self._rng.random()) + 1


def user_rng(seed: int, user_index: int) -> random.Random:
    """Return the random stream of one user: the same for the same seed and index, unrelated to its neighbours'."""
    return random.Random(f"{seed}:{user_index}")  # noqa: S311 - a workload, not a secret
