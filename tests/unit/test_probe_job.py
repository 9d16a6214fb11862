"""The job document: everything that is wrong with it is said at once."""

import json

import pytest

from probe.job import BadJobError, Load, parse_job


def document(**changes) -> dict:
    good = {
        "schema": "probe.job/1",
        "target": "http://balancer",
        "seed": 7,
        "scenario": {
            "name": "read-heavy",
            "locustfile": "class A: ...",
            "modules": {"shared.py": "X = 1"},
            "settings": {"mix": {"feed": 0.6, "photo": 0.4}, "think_s": 0.5},
        },
        "load": {"users": 64, "ramp_s": 2, "warmup_s": 8, "duration_s": 20, "think_s": None},
        "watch": {"web": ["web-1", "web-2"], "balancer": []},
        "data": {"users": 2000, "photos": 20000},
        "verify": True,
    }
    return good | changes


def problems_of(job) -> list[str]:
    with pytest.raises(BadJobError) as caught:
        parse_job(job if isinstance(job, str) else json.dumps(job))
    return caught.value.problems


def test_a_good_job():
    job = parse_job(json.dumps(document()))
    assert job.target == "http://balancer"
    assert job.load == Load(
        users=64, rate_rps=0, ramp_s=2, warmup_s=8, duration_s=20, think_s=0.5, processes=1
    )
    assert job.load.planned_s == 30
    assert job.watch == {"web": ("web-1", "web-2"), "balancer": ()}
    assert job.scenario is not None
    assert job.scenario.mix == {"feed": 0.6, "photo": 0.4}


def test_the_load_overrides_the_think_time_of_the_scenario():
    job = parse_job(json.dumps(document(load={"users": 1, "duration_s": 1, "think_s": 0})))
    assert job.load.think_s == 0


def test_watching_alone_needs_neither_target_nor_users():
    job = parse_job(
        json.dumps({"schema": "probe.job/1", "scenario": None, "load": {"duration_s": 5}, "watch": {}})
    )
    assert job.scenario is None
    assert job.load.users == 0


def test_all_problems_are_reported_together():
    bad = document(
        target="balancer", load={"users": 0, "duration_s": -1, "ramp_s": "2"}, verify="yes", colour="red"
    )
    bad["scenario"]["settings"] = {"mix": {"feed": 0.6, "photo": 0.3}}
    found = " | ".join(problems_of(bad))
    for part in (
        "target",
        "load.users",
        "load.duration_s",
        "load.ramp_s",
        "verify",
        "'colour'",
        "sum to 1, got 0.9",
    ):
        assert part in found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema": "probe.job/2"}, "schema: must be 'probe.job/1', got 'probe.job/2'"),
        ({"data": {"users": 2000}}, "data.photos: missing"),
        ({"watch": {"disk": ["a"]}}, "unknown tier 'disk'"),
        ({"watch": {"web": "web-1"}}, "watch.web: must be a list of host names, got 'web-1'"),
        ({"seed": 1.5}, "seed: must be a whole number, got 1.5"),
        ({"load": {"users": True, "duration_s": 1}}, "load.users: must be a number, got True"),
        ({"load": 3}, "load: must be an object, got 3"),
    ],
)
def test_one_problem(change, expected):
    assert any(expected in problem for problem in problems_of(document(**change)))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"'])
def test_what_is_not_a_document(text):
    assert len(problems_of(text)) == 1


@pytest.mark.parametrize(
    "mix", [None, {}, {"feed": 2}, {"feed": -1, "photo": 2}, {"feed": "1"}, {"feed": True}]
)
def test_bad_mixes(mix):
    bad = document()
    bad["scenario"]["settings"]["mix"] = mix
    assert all("mix" in problem for problem in problems_of(bad))


def test_module_names_must_be_importable():
    bad = document()
    bad["scenario"]["modules"] = {"../evil.py": "x = 1"}
    assert "'../evil.py'" in problems_of(bad)[0]
