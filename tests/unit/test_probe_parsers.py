"""The probe's readers, on samples recorded from the lab's own images."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from probe import parse_apache, parse_haproxy, parse_host, parse_memcached, parse_minio, parse_mysql

DATA = Path(__file__).parents[1] / "data" / "probe"


def sample(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def test_haproxy_counts_requests_not_connections():
    values = parse_haproxy.values(sample("haproxy-stats.csv"))
    assert values["public/FRONTEND.req_tot"] == 8977
    assert values["public/FRONTEND.stot"] == 248  # connections: keep-alive carries many requests on each


def test_haproxy_servers_add_up_to_their_backend():
    values = parse_haproxy.values(sample("haproxy-stats.csv"))
    servers = [values[f"web/web-{index}.stot"] for index in (1, 2, 3)]
    assert sum(servers) == values["web/BACKEND.stot"] == 8973


def test_haproxy_leaves_out_empty_slots_and_its_own_statistics():
    names = parse_haproxy.values(sample("haproxy-stats.csv"))
    assert not [name for name in names if name.startswith(("web/web-4.", "stats/"))]


def test_haproxy_keeps_a_server_that_was_used_and_then_stopped():
    text = sample("haproxy-stats.csv").replace(
        ",UP,1,1,0,0,1,256,0,,1,3,2", ",MAINT (resolution),1,1,0,0,1,256,0,,1,3,2"
    )
    values = parse_haproxy.values(text)
    assert values["web/web-2.up"] == 0
    assert values["web/web-2.stot"] == 3069


def test_haproxy_columns_are_found_by_name():
    text = "# pxname,svname,stot,qcur,new_column,status,\nweb,web-1,7,3,x,DRAIN,\n"
    values = parse_haproxy.values(text)
    assert values == {"web/web-1.qcur": 3, "web/web-1.stot": 7, "web/web-1.up": 0, "web/web-1.drain": 1}
    assert parse_haproxy.counter_names(values) == ["web/web-1.stot"]


def test_haproxy_refuses_an_error_page():
    with pytest.raises(ValueError, match="pxname"):
        parse_haproxy.values("<html>503 Service Unavailable</html>")


def test_apache_workers_and_counters():
    values = parse_apache.values(sample("apache-status.txt"))
    assert values["busy_workers"] == 1
    assert values["idle_workers"] == 10
    assert values["accesses"] == 3380
    assert values["duration_ms"] == 1464881
    assert values["keepalive_workers"] == 0


def test_apache_counts_workers_pinned_by_idle_connections():
    text = sample("apache-status.txt").replace("_______W___", "KK_____W__K")
    assert parse_apache.values(text)["keepalive_workers"] == 3


def test_apache_refuses_another_page():
    with pytest.raises(ValueError, match="BusyWorkers"):
        parse_apache.values("<html>Forbidden</html>")


def test_memcached_values():
    values = parse_memcached.values(sample("memcached-stats.txt"))
    assert values["limit_maxbytes"] == 64 * 2**20
    assert values["get_hits"] > values["get_misses"] > 0
    assert set(parse_memcached.COUNTERS) <= set(values)


def test_memcached_refuses_a_cut_off_answer():
    with pytest.raises(ValueError, match="END"):
        parse_memcached.values("STAT pid 1\r\nSTAT get_hi")


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({"get_hits_per_s": 90.0, "get_misses_per_s": 10.0}, {"hit_ratio": 0.9}),
        ({"get_hits_per_s": 0.0, "get_misses_per_s": 0.0}, {}),
        ({}, {}),
    ],
)
def test_memcached_hit_ratio_is_that_of_the_interval(rates, expected):
    assert parse_memcached.hit_ratio(rates) == expected


def test_minio_sums_over_kinds_of_requests():
    values = parse_minio.values(sample("minio-requests.prom"))
    assert values["requests"] == 4 + 2  # GetObject and PutObject
    assert values["sent_bytes"] == 37297
    assert values["errors"] == 0


def test_minio_before_its_first_request_is_all_zero():
    assert set(parse_minio.values("").values()) == {0.0}


def test_minio_refuses_something_else():
    with pytest.raises(ValueError, match="minio_"):
        parse_minio.values("<Error><Code>AccessDenied</Code></Error>")


def test_host_ratios_between_two_readings():
    before = parse_host.cpu_ticks(sample("proc-stat.txt"))
    assert before["idle"] == 265936
    after = before | {
        "user": before["user"] + 60,
        "idle": before["idle"] + 130,
        "steal": before["steal"] + 10,
    }
    assert parse_host.cpu_ratios(before, after) == {
        "idle_ratio": 0.65,
        "steal_ratio": 0.05,
        "iowait_ratio": 0.0,
    }


def test_host_ratios_of_no_time_are_unknown():
    ticks = parse_host.cpu_ticks(sample("proc-stat.txt"))
    assert parse_host.cpu_ratios(ticks, ticks) == {}


def test_host_without_a_cpu_line():
    with pytest.raises(ValueError, match="cpu"):
        parse_host.cpu_ticks("intr 1 2 3\n")


def test_mysql_status_by_our_names():
    rows = [
        ("Threads_running", "2"),
        ("Questions", "1517"),
        ("Rpl_semi_sync_source_status", "ON"),
        ("Uptime", "9"),
    ]
    assert parse_mysql.status_values(rows) == {"threads_running": 2, "questions": 1517, "semisync_on": 1}


def test_mysql_replica_with_a_broken_link_does_not_receive():
    row = {"receiver": "CONNECTING", "applier": "ON"}
    assert parse_mysql.replica_values(row) == {"receiver_running": 0, "applier_running": 1}
    assert parse_mysql.replica_values({}) == {"receiver_running": 0, "applier_running": 0}


NOW = datetime(2026, 11, 24, 12, 0, 0)  # noqa: DTZ001 - MySQL's timestamps carry no zone


def worker(applying: float | None = None, committed: float | None = None, ended: float | None = None) -> dict:
    """Return a worker's row; all times are seconds before NOW."""
    names = ("applying_committed", "applied_committed", "applied_end")
    ages = (applying, committed, ended)
    return {
        name: None if age is None else NOW - timedelta(seconds=age)
        for name, age in zip(names, ages, strict=True)
    }


@pytest.mark.parametrize(
    ("workers", "expected_ms"),
    [
        ([worker()], 0.0),  # it has never had anything to apply
        ([worker(committed=10, ended=9)], 0.0),  # up to date for a long time
        ([worker(committed=1, ended=0.9977)], 2.3),
        ([worker(committed=1.5, ended=1), worker(committed=0.5, ended=0.4)], 100.0),  # the last that finished
        ([worker(committed=1, ended=0.5), worker(applying=3)], 3000.0),  # one is still at it
        ([worker(committed=1, ended=1.1)], 0.0),  # clocks a little apart
    ],
)
def test_mysql_lag(workers, expected_ms):
    assert parse_mysql.lag_ms(workers, NOW) == pytest.approx(expected_ms)
