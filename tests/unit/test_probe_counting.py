"""What is counted and how it is told: tallies, seconds, rates, events."""

import io
import json
import math
import random
import statistics
import threading

import pytest

from probe import machine
from probe.rates import Rates
from probe.second import Second, nearest_rank
from probe.tally import Sample, Tally
from probe.wire import Writer, encode


class ExactLatencies:
    """Keeps every value: stands in for the histogram, whose package only the image has."""

    def __init__(self):
        self.values: list[float] = []

    @property
    def count(self):
        return len(self.values)

    def add(self, latency_ms):
        self.values.append(latency_ms)

    def merge(self, other):
        self.values += other.values

    def mean_ms(self):
        return statistics.fmean(self.values) if self.values else None

    def percentile_ms(self, percent):
        return nearest_rank(sorted(self.values), percent)

    def summary(self):
        return {"mean": self.mean_ms()}

    def encoded(self):
        return json.dumps(self.values)

    def add_encoded(self, text):
        self.values += json.loads(text)


def filled(*samples: Sample) -> Tally:
    tally = Tally(ExactLatencies)
    for sample in samples:
        tally.add(sample)
    return tally


HEADERS = {"X-Replica": "web-1", "X-Cache": "hit", "X-DB": "none", "X-Work-Ms": "3.400"}
GOOD = Sample.from_headers("feed", 10.0, "", HEADERS)
SLOW = Sample.from_headers(
    "photo", 30.0, "", HEADERS | {"X-Replica": "web-2", "X-Cache": "miss", "X-Work-Ms": "3.600"}
)
FAILED = Sample.from_headers("photo", 1.0, "status 503, expected 200", {})


def test_result_document():
    tally = filled(GOOD, SLOW, FAILED)
    tally.actions.update({"feed": 1, "photo": 2})
    found = tally.document(100.0, 102.0)
    assert found["requests"] == 3
    assert found["failures"] == 1
    assert found["throughput_rps"] == 1.0  # two successes in two seconds
    assert found["latency_ms"] == {"mean": 20.0}  # the failure was quick, but it is not speed
    assert found["by_name"]["photo"] == {"requests": 2, "failures": 1, "mean_ms": 30.0, "p95_ms": 30.0}
    assert found["errors"] == [{"name": "photo", "error": "status 503, expected 200", "count": 1}]
    assert found["replicas"] == {"web-1": 1, "web-2": 1}
    assert found["cache"] == {"hit": 1, "miss": 1, "off": 0}
    assert found["work_ms"] == {"mean": pytest.approx(3.5), "count": 2}
    assert found["mix"] == {"feed": pytest.approx(1 / 3), "photo": pytest.approx(2 / 3)}


def test_an_empty_window_has_no_latencies():
    found = filled().document(0.0, 1.0)
    assert found["throughput_rps"] == 0
    assert found["latency_ms"]["mean"] is None
    assert found["work_ms"] == {"mean": None, "count": 0}


def test_two_tallies_merge_into_what_one_would_have_counted():
    one, other, both = filled(GOOD, FAILED), filled(SLOW, GOOD), filled(GOOD, FAILED, SLOW, GOOD)
    merged = filled()
    for tally in (one, other):
        merged.add_parts(json.loads(json.dumps(tally.parts())))
    assert merged.document(0.0, 1.0) == both.document(0.0, 1.0)


def test_a_work_time_that_is_no_number_is_left_out():
    assert Sample.from_headers("feed", 1.0, "", {"X-Work-Ms": "fast"}).work_ms is None


def test_second():
    second = Second()
    for sample in (GOOD, SLOW, FAILED):
        second.add(sample)
    assert second.document() == {
        "requests": 3,
        "failures": 1,
        "mean_ms": 20.0,
        "p50_ms": 10.0,
        "p95_ms": 30.0,
        "work_ms": pytest.approx(3.5),
        "work_count": 2,
        "late": 0,
        "dropped": 0,
    }
    assert Second().document()["p95_ms"] is None


@pytest.mark.parametrize(("percent", "expected"), [(1, 1), (50, 50), (95, 95), (99, 99), (100, 100)])
def test_nearest_rank(percent, expected):
    assert nearest_rank([float(value) for value in range(1, 101)], percent) == expected


def test_rates_use_the_real_time_between_readings():
    rates = Rates()
    assert rates.per_second({"stot": 100.0, "scur": 3.0}, ["stot"], 10.0) == {}
    assert rates.per_second({"stot": 150.0, "scur": 9.0}, ["stot"], 12.5) == {"stot_per_s": 20.0}


def test_rates_skip_a_counter_that_was_reset():
    rates = Rates()
    rates.per_second({"a": 100.0, "b": 1.0}, ["a", "b"], 1.0)
    assert rates.per_second({"a": 5.0, "b": 2.0}, ["a", "b"], 2.0) == {"b_per_s": 1.0}
    assert rates.per_second({"a": 6.0, "b": 2.0}, ["a", "b"], 3.0) == {"a_per_s": 1.0, "b_per_s": 0.0}


def test_rates_of_a_counter_that_appears_later():
    rates = Rates()
    rates.per_second({}, ["a"], 1.0)
    assert rates.per_second({"a": 5.0}, ["a"], 2.0) == {}


def test_an_event_is_one_line():
    line = encode("problem", 12.5, {"message": "two\nlines"})
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"event": "problem", "t_s": 12.5, "message": "two\nlines"}


def test_an_event_cannot_carry_what_json_lacks():
    with pytest.raises(ValueError, match="JSON"):
        encode("tier", 1.0, {"values": {"lag_ms": math.nan}})


def test_lines_of_several_threads_stay_whole():
    stream = io.BytesIO()
    writer = Writer(stream, on_closed=lambda: None)
    threads = [
        threading.Thread(target=lambda: [writer.emit("tier", values={"a": 1.0}) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 800
    assert {json.loads(line)["event"] for line in lines} == {"tier"}


def test_a_reader_that_left_is_noticed():
    class Closed(io.BytesIO):
        def write(self, _):
            raise BrokenPipeError

    closed = []
    Writer(Closed(), on_closed=lambda: closed.append(True)).emit("ready")
    assert closed == [True]


def test_machine_facts():
    assert machine.cpu_model("processor\t: 0\nmodel name\t: AMD EPYC\n") == "AMD EPYC"
    assert machine.cpu_model("processor\t: 0\nBogoMIPS\t: 48.00\n") == ""
    assert machine.memory_bytes("MemTotal:       24684096 kB\nMemFree: 1 kB\n") == 24684096 * 1024


def test_histogram_keeps_three_digits_and_merges():
    latency = pytest.importorskip(
        "probe.latency", reason="hdrhistogram is only in the probe image", exc_type=ImportError
    )
    first, second = latency.Latencies(), latency.Latencies()
    for value in range(1, 1001):
        first.add(float(value))
    second.add(5000.0)
    first.merge(second)
    assert first.count == 1001
    assert first.percentile_ms(50) == pytest.approx(501, rel=0.002)
    assert first.summary()["max"] == pytest.approx(5000, rel=0.001)
    assert first.encoded().startswith("HIST")


def test_what_is_counted_by_bucket_is_what_the_library_records_one_by_one():
    latency = pytest.importorskip(
        "probe.latency", reason="hdrhistogram is only in the probe image", exc_type=ImportError
    )
    chance = random.Random(1)
    values_us = [min(max(round(chance.lognormvariate(10, 2)), 1), 120_000_000) for _ in range(20_000)]
    values_us += [1, 2, 2047, 2048, 2049, 4095, 4096, 120_000_000]
    ours = latency.Latencies()
    theirs = latency.HdrHistogram(latency.LOWEST_US, latency.HIGHEST_US, latency.DIGITS)
    for value_us in values_us:
        ours.add(value_us / 1000)
        theirs.record_value(value_us)
    assert ours.encoded() == theirs.encode().decode()
    assert ours.mean_ms() == theirs.get_mean_value() / 1000
