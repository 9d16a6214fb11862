"""From the probe's readings to what the gates compare."""

from __future__ import annotations

from lab.model.use import TierValues
from lab.workflows.readings import balancer_count, hit_ratios

FRONT = "public/FRONTEND.req_tot"
WINDOW = {"start_s": 100.0, "end_s": 120.0}


def test_the_balancers_count_is_the_difference_of_its_readings_at_the_ends() -> None:
    edges = {
        ("start", "balancer"): (100.02, {FRONT: 50.0, "web/BACKEND.req_tot": 7.0}),
        ("end", "balancer"): (120.05, {FRONT: 1_250.0}),
    }
    count, off_s = balancer_count(edges, WINDOW)
    assert count == 1_200
    assert round(off_s, 3) == 0.07


def test_without_a_balancer_or_a_reading_nothing_is_counted() -> None:
    assert balancer_count({}, WINDOW) == (None, 0.0)
    assert balancer_count({("start", "balancer"): (100.0, {FRONT: 1.0})}, WINDOW) == (None, 0.0)


def test_hit_ratios_are_the_mean_over_nodes_second_by_second() -> None:
    tiers = TierValues()
    for second in ((0.2, 0.4), (0.6, 0.8)):
        for node, ratio in zip(("cache-1", "cache-2"), second, strict=True):
            tiers.add(node, {"hit_ratio": ratio})
    assert [round(ratio, 2) for ratio in hit_ratios(tiers, ["cache-1", "cache-2"])] == [0.3, 0.7]
    assert hit_ratios(tiers, []) == []
