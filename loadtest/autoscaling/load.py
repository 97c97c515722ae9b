"""Who asks, and when: an open stream of requests, or users who wait for their answer before they ask again."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

Arrivals = Literal["poisson", "regular"]
GRID = 0.01  # seconds


@dataclass(frozen=True)
class Load:
    """stages: (seconds, requests/s) one after the other, from idle; each begins with a linear change of `ramp` seconds.

    arrivals: "poisson" or "regular" of an open stream. users: None for that stream; a number for as many users who each
    ask at a steady pace but never before their last answer (Locust's constant_throughput); they start one by one during
    the ramp, and there is one stage only.
    """

    stages: tuple[tuple[float, float], ...] = ((300.0, 200.0),)
    ramp: float = 20.0
    users: int | None = None
    arrivals: Arrivals = "poisson"

    def __post_init__(self) -> None:
        if not self.stages or any(seconds <= 0 or rps < 0 for seconds, rps in self.stages):
            raise ValueError(f"stages must be pairs of seconds > 0 and requests/s >= 0, got {self.stages}")
        if not 0 <= self.ramp <= min(seconds for seconds, _ in self.stages):
            raise ValueError(f"ramp must be 0 to the shortest stage, in seconds, got {self.ramp}")
        if self.arrivals not in ("poisson", "regular"):
            raise ValueError(f"arrivals must be 'poisson' or 'regular', got {self.arrivals!r}")
        if self.users is not None and (self.users < 1 or len(self.stages) > 1 or self.stages[0][1] <= 0):
            raise ValueError("users must be >= 1, with one stage of more than 0 requests/s")

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return sum(seconds for seconds, _ in self.stages)

    def rate(self, times: np.ndarray) -> np.ndarray:
        """Requests/s that are meant to be sent at each time; (n,) -> (n,)."""
        at, value, start = [0.0], [0.0], 0.0
        for seconds, rps in self.stages:
            at += [start + max(self.ramp, 1e-6), start + seconds]
            value += [rps, rps]
            start += seconds
        return np.asarray(np.interp(times, at, value))

    def open_arrivals(self, rng: np.random.Generator) -> np.ndarray:
        """Times of an open stream: the unit-rate process (random or regular) seen through the summed-up rate."""
        times = np.arange(0.0, self.seconds + GRID, GRID)
        rates = self.rate(times)
        summed = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2 * GRID)])
        n = int(summed[-1])
        if self.arrivals == "regular":
            marks = np.arange(n) + 0.5
        else:
            marks = np.cumsum(rng.exponential(size=n + 6 * int(n**0.5) + 20))
        return np.asarray(np.interp(marks[marks < summed[-1]], summed, times))


class Users:
    """Users with a steady pace; each has at most one request under way."""

    def __init__(self, load: Load, rng: np.random.Generator) -> None:
        self.users = load.users or 0
        self.pause = self.users / load.stages[0][1]
        self.end = load.seconds
        starts = np.arange(self.users) / self.users * load.ramp + rng.uniform(0, self.pause, self.users)
        self.waiting = list(starts)
        heapq.heapify(self.waiting)

    def times(self) -> Iterator[float]:
        """The next moment somebody asks; `answered` has to be called before the next one is drawn."""
        while self.waiting:
            now = heapq.heappop(self.waiting)
            if now >= self.end:
                return
            yield now

    def answered(self, asked: float, finished: float) -> None:
        """Tell when the answer to the request of time `asked` was there."""
        heapq.heappush(self.waiting, max(asked + self.pause, finished))
