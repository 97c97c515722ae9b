"""Replicas, a load and an autoscaling rule together, second by second; seeded."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from loadtest.autoscaling.knative import Knative, KnativeSettings
from loadtest.autoscaling.kubernetes import Horizontal, HorizontalSettings
from loadtest.autoscaling.load import Load, Users
from loadtest.autoscaling.replica import Replica
from loadtest.autoscaling.traffic import Traffic

Rule = KnativeSettings | HorizontalSettings


@dataclass(frozen=True)
class Cluster:
    """cpu_ms: CPU time of a request, mean, in ms; spread: its standard deviation over its mean (gamma distributed);
    limit: CPU limit of a pod in cores, which is also what it requests; start: seconds until a new pod is ready;
    hop_ms: what the way there and back adds (ingress, proxies), in ms. Requests go to the less busy of two pods drawn
    at random, as Envoy's least-request balancing does.
    """

    cpu_ms: float
    spread: float = 0.5
    limit: float = 0.5
    start: float = 5.0
    hop_ms: float = 0.0

    def __post_init__(self) -> None:
        if self.cpu_ms <= 0:
            raise ValueError(f"cpu_ms must be > 0, got {self.cpu_ms}")
        if self.limit <= 0:
            raise ValueError(f"limit must be > 0 cores, got {self.limit}")
        if min(self.spread, self.start, self.hop_ms) < 0:
            raise ValueError("spread, start and hop_ms must be >= 0")


@dataclass(frozen=True)
class Trace:
    """times: when each request was sent, s, (n,); latencies: ms, (n,); checks: time, pods wanted, ready, (m, 3)."""

    times: np.ndarray
    latencies: np.ndarray
    checks: np.ndarray
    seconds: float

    @property
    def most(self) -> int:
        """The most pods that were wanted."""
        return int(self.checks[:, 1].max())

    @property
    def last(self) -> int:
        """The pods wanted at the end."""
        return int(self.checks[-1, 1])

    @property
    def fewest_settled(self) -> int:
        """The fewest ready pods of the last quarter; fewer than `last` when the number of pods swings."""
        return int(self.checks[self.checks[:, 0] >= 0.75 * self.seconds, 2].min())

    @property
    def settled_at(self) -> float:
        """When the number of ready pods changed last, s."""
        changed = np.flatnonzero(np.diff(self.checks[:, 2]))
        return float(self.checks[changed[-1] + 1, 0]) if len(changed) else 0.0

    def percentile(self, q: float, since: float = 0.0) -> float:
        """Percentile of the latencies in ms of requests sent from `since` on; NaN when there is none."""
        chosen = self.latencies[self.times >= since]
        return float(np.percentile(chosen, q)) if len(chosen) else float("nan")

    def steady_percentile(self, q: float) -> float:
        """The same for the last quarter of the run: what is left once the replicas are there."""
        return self.percentile(q, since=0.75 * self.seconds)


def simulate(cluster: Cluster, rule: Rule, load: Load, seed: int = 0) -> Trace:
    """Run the load from idle (min_replicas, ready) and return what happened; the same seed gives the same trace."""
    return _Run(cluster, rule, load, np.random.default_rng(seed)).trace()


class _Run:
    def __init__(self, cluster: Cluster, rule: Rule, load: Load, rng: np.random.Generator) -> None:
        self.cluster, self.rule, self.load, self.rng = cluster, rule, load, rng
        self.decider = Knative(rule) if isinstance(rule, KnativeSettings) else Horizontal(rule)
        self.replicas = [Replica(0.0, -inf, cluster.limit) for _ in range(rule.min_replicas)]
        self.traffic = Traffic(load.seconds)
        self.checks: list[tuple[float, int, int]] = [(0.0, rule.min_replicas, rule.min_replicas)]
        self.draws = self._draws()

    def trace(self) -> Trace:
        users = Users(self.load, self.rng) if self.load.users else None
        period = self.rule.tick if isinstance(self.rule, KnativeSettings) else self.rule.sync
        times, latencies, next_check = [], [], period
        for now in users.times() if users else self.load.open_arrivals(self.rng):
            while next_check <= now:
                self._check(next_check)
                next_check += period
            finished = self._serve(now)
            times.append(now)
            latencies.append((finished - now) * 1000)
            if users:
                users.answered(now, finished)
        while next_check <= self.load.seconds:
            self._check(next_check)
            next_check += period
        return Trace(np.array(times), np.array(latencies), np.array(self.checks, dtype=float), self.load.seconds)

    def _serve(self, now: float) -> float:
        cpu, first, second = next(self.draws)
        ready = [replica for replica in self.replicas if replica.ready <= now]
        one, other = ready[int(first * len(ready))], ready[int(second * len(ready))]
        replica = one if one.in_flight(now) <= other.in_flight(now) else other
        finished = replica.serve(now, cpu)
        self.traffic.add(now, finished)
        return finished + self.cluster.hop_ms / 1000

    def _draws(self) -> Iterator[tuple[float, float, float]]:
        """CPU seconds of a request and two uniform numbers, drawn in blocks."""
        mean, spread = self.cluster.cpu_ms / 1000, self.cluster.spread
        while True:
            cpu = self.rng.gamma(1 / spread**2, mean * spread**2, 4096) if spread else np.full(4096, mean)
            yield from zip(cpu.tolist(), *self.rng.random((2, 4096)).tolist(), strict=True)

    def _check(self, now: int) -> None:
        ready = sum(replica.ready <= now for replica in self.replicas)
        if isinstance(self.decider, Knative):
            settings = self.decider.settings
            stable, panic = (
                self.traffic.mean(settings.metric, now, window)
                for window in (settings.stable_window, settings.panic_seconds)
            )
            wanted = self.decider.desired(now, stable, panic, ready)
        else:
            wanted = self.decider.desired(now, len(self.replicas), self._use(now, self.decider.settings.metrics_window))
        self._scale(now, wanted)
        self.checks.append((now, wanted, sum(replica.ready <= now for replica in self.replicas)))

    def _use(self, now: int, window: int) -> list[float | None]:
        """CPU used over CPU requested of each pod; a pod counts once it was ready for a whole window."""
        return [
            replica.cpu_share(now, window) / self.cluster.limit if replica.ready + window <= now else None
            for replica in self.replicas
        ]

    def _scale(self, now: float, wanted: int) -> None:
        """Start pods, or stop the youngest; a stopped pod still answers what it has taken."""
        missing = wanted - len(self.replicas)
        self.replicas += [Replica(now, now + self.cluster.start, self.cluster.limit) for _ in range(missing)]
        del self.replicas[wanted:]
