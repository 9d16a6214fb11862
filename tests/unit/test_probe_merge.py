"""Several generator processes: the load is dealt to them, and what they count becomes what one would have counted."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from typing import Any

import pytest

from probe.latency import Latencies
from probe.merge import Merged, Merger
from probe.mix import Dealer
from probe.second import Second
from probe.share import Share
from probe.tally import Sample, Tally

PROCESSES = 3


def samples(count: int) -> list[Sample]:
    rng = random.Random(4)
    return [
        Sample.from_headers(
            rng.choice(["feed", "photo"]), rng.expovariate(1 / 40), rng.choice(["", "", "", "status 503"]),
            {"X-Replica": f"web-{i % 3}", "X-Cache": rng.choice(["hit", "miss"]), "X-DB": "none", "X-Work-Ms": "2.5"},
        )
        for i in range(count)
    ]  # fmt: skip


def parts_of(found: list[Sample]) -> tuple[dict[str, Any], dict[str, Any]]:
    tally, second = Tally(Latencies), Second()
    for sample in found:
        tally.add(sample)
        tally.actions[sample.name] += 1
        second.add(sample)
    return tally.parts(), second.parts()


def stream(found: list[Sample], *, t_s: float, cpu_ratio: float, users: int) -> list[dict[str, Any]]:
    """Return what one process says, as it comes through a pipe."""
    counts, second = parts_of(found)
    said: list[dict[str, Any]] = [
        {"event": "phase", "phase": "measure"},
        {"event": "second", "phase": "measure", "span_s": 1.0, "users": users, "generator_cpu_ratio": cpu_ratio, "parts": second},
        {"event": "phase", "phase": "drain"},
        {"event": "tally", "window": [t_s, t_s + 10], "counts": counts, "clock": {"asleep_s": 0.0, "stepped_s": -t_s / 1000},
         "generator": {"cpu_ratio": cpu_ratio, "loop_lag_p99_ms": 10 * cpu_ratio}},
    ]  # fmt: skip
    return [json.loads(json.dumps({**event, "t_s": t_s + i})) for i, event in enumerate(said)]


def merged(streams: list[list[dict[str, Any]]]) -> list[Merged]:
    merger = Merger(len(streams), Latencies)
    turns = itertools.zip_longest(*streams)
    return [
        out
        for turn in turns
        for number, event in enumerate(turn)
        if event
        for out in merger.add(number, event)
    ]


def three() -> list[list[dict[str, Any]]]:
    every = samples(3000)
    return [
        stream(every[n::PROCESSES], t_s=100 + n / 1000, cpu_ratio=0.2 + 0.1 * n, users=5 + n)
        for n in range(PROCESSES)
    ]


def test_totals_are_those_of_one_process() -> None:
    one = merged([stream(samples(3000), t_s=100.001, cpu_ratio=0.9, users=18)])
    all_three = merged(three())
    assert [event.event for event in all_three] == ["phase", "second", "phase", "result"]
    for before, after in zip(one, all_three, strict=True):
        apart = {"generator", "generator_cpu_ratio", "clock", "window", "users", "t_s", "throughput_rps"}
        assert {k: v for k, v in after.fields.items() if k not in apart} == {
            k: v for k, v in before.fields.items() if k not in apart
        }
    result = all_three[-1].fields
    assert result["throughput_rps"] == pytest.approx(one[-1].fields["throughput_rps"])
    assert len(result["histogram"]) > 100  # ... and was equal: every count of every bucket


def test_the_busiest_process_is_told_and_the_sum() -> None:
    result = merged(three())[-1].fields
    assert result["generator"] == {
        "cpu_ratio": 0.4, "cpu_cores": pytest.approx(0.9), "loop_lag_p99_ms": pytest.approx(4.0), "processes": 3,
    }  # fmt: skip
    assert result["clock"] == {"asleep_s": 0.0, "stepped_s": pytest.approx(-0.100002)}
    assert result["window"] == {"start_s": pytest.approx(100.001), "end_s": pytest.approx(110.001)}
    second = merged(three())[1].fields
    assert (second["users"], second["generator_cpu_ratio"], second["requests"]) == (18, 0.4, 3000)


def test_an_event_is_as_late_as_the_last_process() -> None:
    assert [event.t_s for event in merged(three())] == pytest.approx([100.002, 101.002, 102.002, 103.002])


def test_nothing_is_told_before_all_have_said_it() -> None:
    first, second, third = three()
    merger = Merger(PROCESSES, Latencies)
    assert [merger.add(0, event) for event in first] == [[]] * len(first)
    assert [merger.add(1, event) for event in second] == [[]] * len(second)
    assert [len(merger.add(2, event)) for event in third] == [1] * len(third)


def test_a_process_with_a_second_less_is_not_waited_for() -> None:
    streams = three()
    del streams[1][1]
    found = merged(streams)
    assert [event.event for event in found] == ["phase", "second", "phase", "result"]
    assert found[1].fields["requests"] == 2000
    assert found[-1].fields["requests"] == 3000


# -- the split --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", [1, 7, 64])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_number_has_one_process(total: int, count: int) -> None:
    shares = [Share(number=number, count=count) for number in range(count)]
    assert sum(share.size(total) for share in shares) == total
    own = [list(itertools.islice(share.numbers(), share.size(total))) for share in shares]
    assert sorted(itertools.chain(*own)) == list(range(total))


def test_the_mix_is_dealt_exactly_by_several_decks() -> None:
    dealers = [Dealer({"read": 0.8, "write": 0.2}, 1, number) for number in range(4)]
    dealt = [[dealer.next() for _ in range(50)] for dealer in dealers]
    assert Counter(itertools.chain(*dealt)) == {"read": 160, "write": 40}
    assert len({tuple(cards) for cards in dealt}) == 4  # each in an order of its own
    alone = Dealer({"read": 0.8, "write": 0.2}, 1)
    assert dealt[0] == [alone.next() for _ in range(50)]
