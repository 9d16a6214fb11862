"""Time that a measurement lost."""

from __future__ import annotations

import importlib
import io
import math
import sys
import time
from types import SimpleNamespace

import pytest

from lab.adapters.system import SystemClock
from lab.model.lost import Lateness, Lost, reasons, stalled_s
from probe.clocks import Clocks
from probe.wire import Writer


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (Lost(asleep_s=312.4), "the machine slept (312 s)"),
        (Lost(stepped_s=45.0), "jumped by +45 s"),
        (Lost(stepped_s=-3.0), "jumped by -3 s"),
        (Lost(stalled_s=5.2), "stood still for 5.2 s"),
        (Lost(late_s=2.5), "read 2.5 s late"),
    ],
)
def test_each_loss_is_named(lost: Lost, words: str) -> None:
    found = reasons(lost)
    assert len(found) == 1
    assert words in found[0]
    assert lost.is_too_much


def test_what_is_within_the_bounds_is_nothing() -> None:
    lost = Lost(asleep_s=1.0, stepped_s=-1.0, stalled_s=1.0, late_s=1.0)
    assert reasons(lost) == []
    assert not lost.is_too_much


def test_a_sleep_is_told_once_though_the_wall_clock_was_set_too() -> None:
    assert len(reasons(Lost(asleep_s=60.0, stepped_s=60.0))) == 1


def test_a_stall_is_what_a_second_was_too_long() -> None:
    assert stalled_s([1.0, 1.01, 6.3, 0.7]) == pytest.approx(5.3)
    assert stalled_s([0.6]) == 0.0
    assert stalled_s([]) == 0.0


def test_lateness_does_not_mind_how_far_apart_the_clocks_are() -> None:
    late = Lateness()
    assert late.of(sent_s=1_700_000_000.0, seen_s=50.0) == 0.0
    assert late.of(sent_s=1_700_000_001.0, seen_s=51.2) == pytest.approx(0.2)
    assert late.of(sent_s=1_700_000_002.0, seen_s=57.0) == pytest.approx(5.0)  # stopped meanwhile
    assert late.of(sent_s=1_700_000_007.0, seen_s=57.0) == 0.0  # caught up


def test_the_kernels_clocks_tell_sleep_from_a_clock_that_was_set() -> None:
    # No suspend can be had here: these are the kernel's clocks as clock_getres(2) describes them.
    before = Clocks(wall_s=1000.0, monotonic_s=10.0, boot_s=10.0)
    awake = Clocks(wall_s=1020.0, monotonic_s=30.0, boot_s=30.0)
    slept = Clocks(wall_s=1120.0, monotonic_s=30.0, boot_s=130.0)
    stopped_by_its_host = Clocks(wall_s=1120.0, monotonic_s=30.0, boot_s=30.0)
    assert awake.lost_since(before) == {"asleep_s": 0.0, "stepped_s": 0.0}
    assert slept.lost_since(before) == {"asleep_s": 100.0, "stepped_s": 0.0}
    assert stopped_by_its_host.lost_since(before) == {"asleep_s": 0.0, "stepped_s": 100.0}


def test_the_real_clocks_agree_while_nothing_sleeps() -> None:
    first = Clocks.now()
    second = Clocks.now()
    assert second.monotonic_s >= first.monotonic_s
    assert abs(second.lost_since(first)["asleep_s"]) < 1.0


def test_this_computer_has_not_slept_in_between() -> None:
    clock = SystemClock()
    before = clock.asleep_s()
    clock.sleep(0.05)
    assert abs(clock.asleep_s() - before) < 1.0


def test_a_mac_has_clocks_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # No Mac here: CLOCK_MONOTONIC goes on in sleep there, CLOCK_UPTIME_RAW stops.
    now = {"monotonic": 100.0, "uptime": 100.0}
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(time, "CLOCK_MONOTONIC", "monotonic")
    monkeypatch.setattr(time, "CLOCK_UPTIME_RAW", "uptime", raising=False)
    monkeypatch.setattr(time, "clock_gettime", now.__getitem__)
    before = SystemClock().asleep_s()
    now["monotonic"] += 620.0
    now["uptime"] += 20.0
    assert SystemClock().asleep_s() - before == pytest.approx(600.0)


@pytest.mark.parametrize(("turns", "is_alive"), [(19, True), (20, False)])
def test_silence_of_the_generator_is_counted_in_turns(
    monkeypatch: pytest.MonkeyPatch, turns: int, is_alive: bool
) -> None:
    """A probe that was frozen for an hour has missed one turn: it blames no scenario for that."""
    said = io.BytesIO(b'{"event":"verified"}\n')
    # Only a name to it; the module itself needs the probe's own packages.
    monkeypatch.setitem(sys.modules, "probe.watch", SimpleNamespace(Watch=object))  # type: ignore[arg-type]
    supervise = importlib.import_module("probe.supervise")
    silent = iter([False] * turns + [True] * 9)
    hours = iter(range(0, 3600 * 99, 3600))
    monkeypatch.setattr(supervise.select, "select", lambda *_: ([said] if next(silent) else [], [], []))
    monkeypatch.setattr(supervise.time, "monotonic", lambda: float(next(hours)))
    out = io.BytesIO()
    supervisor = supervise.Supervisor(Writer(out, on_closed=lambda: None), None)
    child = SimpleNamespace(
        output=said, silent_s=0.0, is_waiting=False, is_silenced=True, has_tally=True, lines=said.readlines, where=list,
        end=lambda: 0,
    )  # fmt: skip
    supervisor._children = [child]
    assert (supervisor._serve(math.inf, set()) == 0) is is_alive
    assert (b"verified" in out.getvalue()) is is_alive
    assert (b"no sign of life" in out.getvalue()) is not is_alive
