"""Cases of which it is known what binds, because it was made so on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    Attributes:
        name: what was done, in words.
        kinds: verdicts that are right.
        culprits: tiers that are right; with `two`, both in any order.
        up: options of `lab up`; cases with the same ones follow each other.
        scenario: a shipped one, or empty: the app's own requests, `requests`.
        requests: query strings of the app, each with its share.
        mix: other shares of a shipped scenario's actions.
        quotas: cores by service, set by `docker update` before it is measured and put back after it; a quota that the plan has
            is set again by each measurement.
        meanwhile: a shell command that runs inside a container during the measurement: (service, command).
        burn: what else keeps the machine busy: `host`, or `generator` for a load generator that is starved.
    """

    name: str
    kinds: tuple[str, ...]
    culprits: tuple[str, ...] = ()
    up: str = ""
    scenario: str = ""
    requests: Mapping[str, float] = field(default_factory=dict)
    users: int = 48
    think_s: float = 0.0
    mix: Mapping[str, float] = field(default_factory=dict)
    quotas: Mapping[str, float] = field(default_factory=dict)
    meanwhile: tuple[str, str] | None = None
    burn: str = ""


_APP: Final = "--replicas 3 --app bench/ground_truth_app --db-replicas 1"
_ALL: Final = "--replicas 3 --db-replicas 1"
_BIG_WEB: Final = "--replicas 4 --web-cpu 0.25 --db-replicas 0 --cache off --db-cpu 0.15"
_READS: Final = "--replicas 4 --web-cpu 0.25 --db-replicas 1 --cache off --db-cpu 0.1 --db-replica-cpu 0.1"
_STORE: Final = "--replicas 3 --web-cpu 0.2 --db-replicas 1"
_HOLD: Final = (
    'php -r \'$p=trim(file_get_contents("/run/credentials/web/db_app_password"));'
    'for($i=0;$i<400;$i++){try{$c[]=new PDO("mysql:host=db-primary;dbname=photos","app",$p);}catch(Exception $e){}}sleep(60);\''
)

CASES: Final = (
    Case(name="web CPU, shipped app", kinds=("cpu",), culprits=("web",), up=_ALL, scenario="read-heavy"),
    Case(name="web CPU, single stage", kinds=("cpu",), culprits=("web",), up="--stage single", scenario="read-heavy"),
    Case(name="web CPU, 1 replica, whole lab", kinds=("cpu",), culprits=("web",), up="--replicas 1", scenario="read-heavy", users=64),
    Case(name="web CPU, 2 replicas", kinds=("cpu",), culprits=("web",), up="--replicas 2", scenario="read-heavy", users=64),
    Case(name="web CPU, 4 replicas", kinds=("cpu",), culprits=("web",), up="--replicas 4", scenario="read-heavy", users=64),
    Case(name="web CPU, 8 replicas", kinds=("cpu",), culprits=("web",), up="--replicas 8 --db-replicas 0", scenario="read-heavy", users=64),
    Case(name="none: users think", kinds=("offered-load",), up=_ALL, scenario="read-heavy", users=8, think_s=1.0),
    Case(name="none: two users", kinds=("offered-load", "cpu"), culprits=("", "web"), up=_ALL, scenario="read-heavy", users=2, think_s=0.3),
    Case(name="balancer CPU", kinds=("cpu",), culprits=("balancer",), up=_ALL, scenario="read-heavy", quotas={"balancer": 0.009}),
    Case(name="two tiers: balancer and web", kinds=("two",), culprits=("balancer", "web"), up=_ALL, scenario="read-heavy", quotas={"balancer": 0.012}),
    Case(name="load generator starved", kinds=("generator",), culprits=("generator",), up=_ALL, scenario="read-heavy", burn="generator"),
    Case(name="machine busy", kinds=("machine",), culprits=("machine",), up=_ALL, scenario="read-heavy", burn="host"),
    Case(name="db-primary CPU, no cache", kinds=("cpu",), culprits=("db-primary",), up=_BIG_WEB, scenario="read-heavy"),
    Case(name="both databases, reads by weight", kinds=("two", "cpu"), culprits=("db-primary", "db-replica"), up=_READS, scenario="read-heavy"),
    Case(name="web CPU, own app", kinds=("cpu",), culprits=("web",), up=_APP, requests={"do=work&n=100": 1}),
    Case(name="web workers wait", kinds=("soft-limit",), culprits=("web",), up=_APP, requests={"do=wait&n=250": 1}),
    Case(name="web workers wait, mixed with quick ones", kinds=("soft-limit",), culprits=("web",), up=_APP, requests={"do=wait&n=400": 0.5, "do=read&n=7": 0.5}),
    Case(name="slow statements, primary", kinds=("contention",), culprits=("db-primary",), up=_APP, requests={"do=sleep&n=250": 1}),
    Case(name="slow statements, replica", kinds=("contention",), culprits=("db-replica",), up=_APP, requests={"do=sleep-replica&n=250": 1}),
    Case(name="row lock", kinds=("contention",), culprits=("db-primary",), up=_APP, requests={"do=row-lock&n=40": 1}),
    Case(name="named lock", kinds=("contention",), culprits=("db-primary",), up=_APP, requests={"do=named-lock&n=40": 1}),
    Case(name="db-primary CPU, heavy statement", kinds=("cpu",), culprits=("db-primary",), up=_APP, requests={"do=count&n=30": 1}),
    Case(name="db-replica CPU, heavy statement", kinds=("cpu",), culprits=("db-replica",), up=_APP, requests={"do=count-replica&n=30": 1}),
    Case(name="cache CPU", kinds=("cpu",), culprits=("cache",), up=_APP, requests={"do=cache&n=4": 1}, quotas={"cache-1": 0.02}),
    Case(name="balancer CPU, own app", kinds=("cpu",), culprits=("balancer",), up=_APP, requests={"do=nothing": 1}, quotas={"balancer": 0.03}),
    Case(name="store CPU", kinds=("cpu",), culprits=("store",), up=_STORE, scenario="media", users=24, mix={"browse": 1, "look": 0, "upload": 0}),
    Case(name="errors of one replica", kinds=("errors",), culprits=("web",), up=_APP, requests={"do=fail-on-2": 1}),
    Case(name="database connections used up", kinds=("errors",), culprits=("db-primary",), up=_APP, requests={"do=sleep&n=50": 1}, meanwhile=("web-3", _HOLD)),
    Case(name="two tiers: db-primary and db-replica", kinds=("two",), culprits=("db-primary", "db-replica"), up=_APP, requests={"do=count&n=30": 0.667, "do=count-replica&n=30": 0.333}),
    Case(name="none: own app, users think", kinds=("offered-load",), up=_APP, requests={"do=wait&n=50": 1}, users=6, think_s=0.5),
)  # fmt: skip
