"""Read `web=5 db-replica=2` and apply it to a topology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from lab.errors import BadInput, did_you_mean
from lab.model.topology import Topology, options_of, resolve

SCALABLE: Final = {"web": "replicas", "db-replica": "db_replicas", "cache": "cache_nodes"}


def parse_targets(words: Sequence[str]) -> dict[str, int]:
    """Return the wanted counts by option key.

    Raises:
        BadInput: with every problem at once.
    """
    wanted: dict[str, int] = {}
    problems = []
    for word in words:
        tier, sign, count = word.partition("=")
        if not sign or not count.isascii() or not count.isdigit():
            problems.append(f"{word!r}: must be TIER=N, for example web=5")
        elif tier not in SCALABLE:
            known = tuple(SCALABLE)
            problems.append(
                f"{word!r}: {tier!r} cannot be scaled{did_you_mean(tier, known)}; allowed: {', '.join(known)}"
            )
        elif SCALABLE[tier] in wanted:
            problems.append(f"{word!r}: {tier} is given twice")
        else:
            wanted[SCALABLE[tier]] = int(count)
    if problems:
        raise BadInput("\n".join(problems))
    return wanted


def scaled(topology: Topology, wanted: Mapping[str, int]) -> Topology:
    """Return the topology with other counts.

    Raises:
        BadInput: a count out of range or impossible beside the rest.
    """
    flags = {key: tier for tier, key in SCALABLE.items()}
    options = {key.replace("-", "_"): value for key, value in options_of(topology).items()}
    resolved = resolve({**options, **wanted}, source={key: flags[key] for key in wanted})
    return replace(topology, **{key: getattr(resolved, key) for key in wanted})
