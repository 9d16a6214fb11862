"""What watching costs is counted in the window."""

import time

from probe.cost import WindowCost


def burn(seconds: float) -> None:
    end_s = time.process_time() + seconds
    while time.process_time() < end_s:
        pass


def test_it_is_counted_between_the_edges():
    cost = WindowCost()
    burn(0.05)
    cost.edge("start")
    time.sleep(0.05)
    burn(0.02)
    assert 0 < cost.cpu_ratio() < 0.6, "the end did not come yet"
    cost.edge("end")
    ratio = cost.cpu_ratio()
    burn(0.05)
    cost.edge("end")
    assert cost.cpu_ratio() == ratio


def test_without_a_window_it_is_counted_until_now():
    cost = WindowCost()
    burn(0.02)
    assert cost.cpu_ratio() > 0
