"""Locust users that keep their pace whatever the server does: an open loop.

A Locust user normally waits for its answer before it asks again, so that a slow server is asked less and looks better
than it is (coordinated omission). Here a user's schedule is fixed when it starts; every request runs in a greenlet of
its own, and only the user's 100 connections bound what is under way.
"""

import time
from typing import Any

import gevent
import numpy as np
from gevent.pool import Group
from locust import FastHttpUser, LoadTestShape, task
from locust.env import Environment

from loadtest.checks import Call
from loadtest.plan import Plan
from loadtest.records import Recorder

CONNECTIONS = 100  # of one user, opened as needed
MOST_UNDER_WAY = 20_000  # over all users; beyond it nothing is sent, and the rate check fails


class Course(LoadTestShape):
    """Tells Locust, every second, how many users there are to be."""

    use_common_options = False

    def __init__(self, plan: Plan) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust's
        self.profile = plan.profile

    def tick(self) -> tuple[int, float] | None:
        """Users wanted now and how fast they may be started; None at the end."""
        second = self.get_run_time()  # type: ignore[no-untyped-call]  # Locust's
        users = self.profile.users_at(second)
        return (users, float(self.profile.users)) if users else None


class Traffic:
    """What the users of this process share: the prepared calls, the clock, the records."""

    def __init__(self, plan: Plan, share: int = 0) -> None:
        self.plan, self.recorder, self.under_way = plan, Recorder(), Group()
        self.calls, self.shares = plan.calls()
        self.rng = np.random.default_rng([plan.seed, share])
        self.started: float | None = None

    def now(self) -> float:
        """Seconds since the first user started."""
        if self.started is None:
            self.started = time.perf_counter()
        return time.perf_counter() - self.started

    def draw(self) -> tuple[int, Call]:
        """The next request: the number of its kind, and one of the prepared calls."""
        kind = int(np.searchsorted(self.shares, self.rng.random(), side="right"))
        calls = self.calls[min(kind, len(self.calls) - 1)]
        return kind, calls[int(self.rng.integers(len(calls)))]


def user_class(traffic: Traffic) -> type[FastHttpUser]:
    """The class of users of one run."""
    plan, pause = traffic.plan, 1 / traffic.plan.profile.rate

    class Caller(FastHttpUser):
        host = plan.url
        concurrency = CONNECTIONS
        network_timeout = connection_timeout = plan.timeout

        def on_start(self) -> None:
            # a redirect could lead the load to a machine that nobody agreed to
            self.client.client.redirect_resonse_codes = frozenset()

        @task
        def keep_pace(self) -> None:
            due = traffic.now() + traffic.rng.uniform(0, pause)
            while due < plan.profile.seconds:
                gevent.sleep(max(0.0, due - traffic.now()))
                if len(traffic.under_way) < MOST_UNDER_WAY:
                    traffic.under_way.spawn(self.ask, due)
                due += pause
            gevent.sleep(3600)  # until the runner stops it

        def ask(self, due: float) -> None:
            kind, call = traffic.draw()
            late = traffic.now() - due
            body: Any = call.body  # Locust declares text only, and passes bytes on as they are
            with self.client.post(
                call.path, data=body, headers=dict(call.headers), name=call.kind, catch_response=True
            ) as answer:
                wrong = call.wrong(answer.status_code, answer.headers or {}, answer.content or b"")
                if wrong:
                    answer.failure(wrong)
                else:
                    answer.success()
                latency = answer.request_meta["response_time"] / 1000
            traffic.recorder.add(due, late, latency, kind, answer.status_code, not wrong)

    return Caller


def environment(traffic: Traffic, shaped: bool) -> Environment:
    """Locust's environment for these users; `shaped` where this process leads the run."""
    course = Course(traffic.plan) if shaped else None
    return Environment(user_classes=[user_class(traffic)], shape_class=course, host=traffic.plan.url, stop_timeout=None)
