"""Named questions: the paper's case, and this project's server.

The paper (An MLOps Framework for GAN-based Fault Detection in Bonfiglioli's EVO Plant, section IV-C) says: KServe, a
scikit-learn predictor limited to 0.5 CPU, 1 to 10 replicas, Locust with a peak of 20 users sending 10 requests per
second, "approximately, 200 RPS", one pod when idle, "ultimately" 4 pods, 95 % of the requests in less than 56 ms.
It does not say which autoscaler it was, with which metric and target, nor what a request costs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from loadtest.autoscaling.cluster import Cluster, Rule, Trace, simulate
from loadtest.autoscaling.knative import KnativeSettings
from loadtest.autoscaling.kubernetes import HorizontalSettings
from loadtest.autoscaling.load import Load

PAPER_PODS, PAPER_P95 = 4, 56.0
TRIED_MS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
SHOWN_MS = 3.0
PAPER_LOAD = Load(stages=((420.0, 200.0),), ramp=20.0, users=20)
TOLD = (
    "200 requests/s from 20 users",
    "limit 0.5 CPU",
    "1 to 10 pods",
    "1 pod when idle",
    "4 pods at the end",
    "p95 < 56 ms",
)
INFERRED = (
    "the autoscaler, its metric and target",
    "CPU time of a request",
    "its spread (gamma, half the mean)",
    "5 s until a pod is ready",
    "users started over 20 s",
    "requests spread by least-request balancing",
    "p95 taken after the scaling, not over the whole run",
)


@dataclass(frozen=True)
class Guess:
    """An autoscaler the paper may have had; `says` is how it would be set, `note` what speaks for or against it."""

    says: str
    rule: Rule
    note: str


GUESSES = (
    Guess(
        "Knative, defaults (100 requests in flight)",
        KnativeSettings(),
        "cannot be: 20 users who wait for their answers have at most 20 requests in flight, below the 70 of one pod",
    ),
    Guess(
        "Knative, rps, default target 200",
        KnativeSettings(metric="rps"),
        "cannot be: ceil(200 / 140) = 2",
    ),
    Guess(
        "Knative, 1 request in flight (KServe's example)",
        KnativeSettings(target=1),
        "swings: what is in flight falls as pods are added, so they are taken away again",
    ),
    Guess(
        "Knative, rps, target 80",
        KnativeSettings(metric="rps", target=80),
        "any target from 72 to 95 gives 4 whatever a request costs, if 4 can carry it",
    ),
    Guess(
        "HPA, CPU at 80 % (KServe's Standard mode)",
        HorizontalSettings(),
        "defaults only, and both figures come out with one cost of a request",
    ),
)


@dataclass(frozen=True)
class Answer:
    """cpu_ms: the costs of a request, of those tried, that lead to the paper's pods and p95; trace: with the highest of
    them, or where there is none with SHOWN_MS.
    """

    guess: Guess
    cpu_ms: tuple[float, ...]
    trace: Trace


def matches(trace: Trace, pods: int = PAPER_PODS, p95: float = PAPER_P95) -> bool:
    """Whether it ends at, and stays with, so many pods, and 95 % of the later requests are answered in time."""
    return trace.last == trace.fewest_settled == pods and trace.steady_percentile(95) < p95


def paper_case(seed: int = 0) -> list[Answer]:
    """Which autoscaler, and which CPU time of a request in ms, lead to what the paper reports."""
    answers = []
    for guess in GUESSES:
        traces = {cost: simulate(Cluster(cpu_ms=cost), guess.rule, PAPER_LOAD, seed) for cost in TRIED_MS}
        fitting = tuple(cost for cost, trace in traces.items() if matches(trace))
        answers.append(Answer(guess, fitting, traces[fitting[-1] if fitting else SHOWN_MS]))
    return answers


def answer_rows(answers: list[Answer]) -> list[list[str]]:
    """A row for each guess: how it is set, the fitting costs, pods, p95, the note."""
    rows = []
    for answer in answers:
        trace = answer.trace
        cost = f"{answer.cpu_ms[0]:g} to {answer.cpu_ms[-1]:g}" if answer.cpu_ms else "none"
        p95 = f"{trace.steady_percentile(95):.0f}"
        pods = str(trace.last) if trace.last == trace.fewest_settled else f"{trace.fewest_settled} to {trace.most}"
        rows.append([answer.guess.says, cost, pods, p95, answer.guess.note])
    return rows


OURS = ((200.0, 0.21), (2_000.0, 0.12), (8_000.0, 0.045), (16_000.0, 0.045))
"""(requests/s, CPU time of a request in ms) of this project's server with one row of 66 features, as
`benchmarks.serving` measured it on one machine: a request that comes alone costs more, for it wakes the server up.
"""
OUR_RULES: dict[str, Rule] = {
    "hpa": HorizontalSettings(),
    "kpa-rps, target 1000": KnativeSettings(metric="rps", target=1000),
    "kpa-rps, default target 200": KnativeSettings(metric="rps"),
}


def our_case(seconds: float = 120.0, seed: int = 0) -> Iterator[tuple[float, float, str, Trace]]:
    """Requests/s, CPU ms a request, autoscaler and what happened, for this project's server."""
    for rps, cpu_ms in OURS:
        for name, rule in OUR_RULES.items():
            yield rps, cpu_ms, name, simulate(Cluster(cpu_ms), rule, Load(((seconds, rps),)), seed)
