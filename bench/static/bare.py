"""A bare Locust script, as its manual shows it: one user class, one page, Locust's own statistics on.

It says when its window begins and ends, with the number of requests so far, and whoever compares reads the
container's CPU time at these moments.
"""

import json
import os

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment
from locust.stats import stats_history


class Visitor(FastHttpUser):
    """Loads the page again and again."""

    host = os.environ["TARGET"]
    wait_time = constant(0)

    @task
    def load(self) -> None:
        """Load it."""
        self.client.get("/page.html")


environment = Environment(user_classes=[Visitor])
runner = environment.create_local_runner()
gevent.spawn(stats_history, runner)
runner.start(int(os.environ["USERS"]), spawn_rate=int(os.environ["USERS"]))
gevent.sleep(float(os.environ["WARMUP_S"]))
for _ in range(2):
    total = environment.stats.total
    print(json.dumps({"requests": total.num_requests, "failures": total.num_failures}), flush=True)
    gevent.sleep(float(os.environ["DURATION_S"]))
os._exit(0)
